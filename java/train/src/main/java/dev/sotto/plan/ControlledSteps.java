package dev.sotto.plan;

import dev.sotto.accounting.PrivacyFilter;
import dev.sotto.base.FileFailure;
import dev.sotto.control.Controller;
import dev.sotto.control.Decision;
import dev.sotto.ledger.LedgerReader;
import dev.sotto.model.Evaluation;
import dev.sotto.model.PassCapacity;
import dev.sotto.model.TransformerPass;
import dev.sotto.trainer.ControlParameters;
import dev.sotto.trainer.ControlledTraining;
import dev.sotto.trainer.Outcome;
import dev.sotto.trainer.StepRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.DoubleSupplier;

/**
 * Private steps whose clip norms, and on request noise, a controller chooses. It is saved with the
 * training state, between two intervals.
 */
final class ControlledSteps implements RunSteps {
  private static final int VALIDATION_ROWS = 2048;

  private final RunDirectory directory;
  private final NoisePlan plan;
  private final PrivateSteps steps;
  private final FinetuneProgress progress;
  private final Controller controller;
  private final Optional<TransformerPass> evaluation;
  private final ControlledTraining training;

  /**
   * Makes the controller, or brings it back to where the saved state has it.
   *
   * @param stages of which there is one
   * @param steps makes each step; closed with this
   */
  ControlledSteps(
      PreparedRun run,
      Account.Proven account,
      Stages stages,
      PrivateSteps steps,
      FinetuneProgress progress) {
    directory = run.directory();
    plan = account.noise();
    this.steps = steps;
    this.progress = progress;
    Optional<PrivacyFilter> filter = plan.filterOrder().map(order -> filter(account, order));
    controller = RunController.create(run, stages.last().trained());
    Optional<TransformerPass> opened = Optional.empty();
    try {
      opened = evaluation(run);
      ControlOptions control = run.options().control().orElseThrow();
      ControlParameters parameters =
          new ControlParameters(
              new ControlParameters.Noise(
                  plan.control().orElseThrow().release(),
                  plan.samplingProbability(),
                  plan.noiseMultiplier(),
                  filter),
              control.interval(),
              plan.steps(),
              opened.map(
                  pass ->
                      new ControlParameters.Validation(
                          loss(pass, run.data()), !control.privatizedReward())),
              new EpsilonCurve(account, plan.steps())::after);
      Decision inForce =
          steps.saved() == 0
              ? controller.first()
              : ControllerFile.restore(directory.controller(steps.saved()), controller);
      training =
          new ControlledTraining(
              steps.trainer(),
              controller,
              run.lora().layout(),
              parameters,
              inForce,
              record -> {
                TrajectoryFile.append(directory.trajectory(), record);
                progress.interval(record);
              });
    } catch (RuntimeException e) {
      opened.ifPresent(TransformerPass::close);
      controller.close();
      throw e;
    }
    evaluation = opened;
  }

  /** Charged with what the ledger holds. */
  private PrivacyFilter filter(Account.Proven account, double order) {
    PrivacyFilter filter = new PrivacyFilter(account.epsilon(), account.accountedDelta(), order);
    LedgerReader.read(directory.ledger()).charges().forEach(filter::reserve);
    return filter;
  }

  private static Optional<TransformerPass> evaluation(PreparedRun run) {
    if (run.data().validation().isEmpty()) {
      return Optional.empty();
    }
    int length = run.options().data().maxLength();
    PassCapacity capacity = PassCapacity.evaluate(Math.max(VALIDATION_ROWS, length), length);
    return Optional.of(new TransformerPass(run.model(), run.lora(), capacity));
  }

  private static DoubleSupplier loss(TransformerPass evaluation, TrainingData data) {
    return () -> Evaluation.of(evaluation, data.validation()).natsPerToken();
  }

  @Override
  public StepRule rule() {
    return training;
  }

  @Override
  public long charged() {
    return steps.charged();
  }

  @Override
  public SavedState state() {
    return steps.state();
  }

  @Override
  public void save(long step) {
    // The state's step says which controller belongs to it, so the old one goes last.
    Path old = directory.controller(saved());
    ControllerFile.save(directory.controller(step), controller, training.inForce());
    steps.save(step);
    try {
      Files.deleteIfExists(old);
    } catch (IOException e) {
      throw FileFailure.cannotBeDeleted(old, e);
    }
  }

  @Override
  public void finish(Outcome outcome) {
    if (controller.skipped() > 0) {
      progress.skippedRewards(controller.skipped());
    }
    if (outcome instanceof Outcome.BudgetSpent) {
      progress.budgetSpent(outcome.steps(), plan.steps());
    }
    ControllerFile.savePolicy(directory.policy(), controller);
    steps.finish(outcome);
  }

  @Override
  public void close() {
    evaluation.ifPresent(TransformerPass::close);
    controller.close();
    steps.close();
  }
}
