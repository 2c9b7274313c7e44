package dev.sotto.plan;

import dev.sotto.base.Figures;
import dev.sotto.base.InputException;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.ledger.Ledger;
import dev.sotto.mechanism.NoiseKey;
import dev.sotto.model.Batch;
import dev.sotto.trainer.LocalSums;
import dev.sotto.trainer.Outcome;
import dev.sotto.trainer.PrivacyParameters;
import dev.sotto.trainer.PrivateTrainer;
import dev.sotto.trainer.StepRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Steps that are charged to a ledger, all those of a stage under the one event that was planned.
 */
final class PrivateSteps implements RunSteps {
  private final PreparedRun run;
  private final Account.Private account;
  private final Ledger ledger;
  private final Optional<PrivateTrainer> first;
  private final PrivateTrainer trainer;
  private final long stepsOfFirst;
  private final SavedState state;

  /**
   * Opens the ledger first, and last goes back to the saved state.
   *
   * @throws InputException if the state reflects more steps than the ledger has charged
   */
  PrivateSteps(
      PreparedRun run,
      Account.Private account,
      Stages stages,
      NoiseKey key,
      Charge charge,
      FinetuneProgress progress) {
    this.run = run;
    this.account = account;
    stepsOfFirst = stages.stepsOfFirst();
    ledger = charge.ledger();
    List<PrivateTrainer> opened = new ArrayList<>();
    try {
      NoisePlan noise = account.noise();
      for (Stages.Stage stage : stages.left()) {
        NoisePlan planned = stage == stages.last() ? noise : noise.first().orElseThrow();
        opened.add(trainer(stage, planned, key, progress));
      }
      state = restored(stages);
    } catch (RuntimeException e) {
      opened.forEach(PrivateTrainer::close);
      ledger.close();
      throw e;
    }
    first = opened.size() > 1 ? Optional.of(opened.get(0)) : Optional.empty();
    trainer = opened.get(opened.size() - 1);
  }

  private PrivateTrainer trainer(
      Stages.Stage stage, NoisePlan planned, NoiseKey key, FinetuneProgress progress) {
    PrivacyParameters privacy = parameters(stage, planned);
    LocalSums sums = new LocalSums(stage.corpus(), stage.trained(), privacy);
    try {
      if (run.options().unsafeDiagnostics()) {
        sums.observe(
            (step, batch, losses) ->
                progress.unsafeLoss(step, OptionalDouble.of(mean(batch, losses))));
      }
      return new PrivateTrainer(sums, stage.trained(), key, ledger, privacy);
    } catch (RuntimeException e) {
      sums.close();
      throw e;
    }
  }

  private PrivacyParameters parameters(Stages.Stage stage, NoisePlan planned) {
    return new PrivacyParameters(
        planned.samplingProbability(),
        planned.expectedBatchSize(),
        run.clipping(stage.trained().lora()).orElseThrow(),
        planned.event(),
        planned.control().map(ControlPlan::release));
  }

  private SavedState restored(Stages stages) {
    SavedState restored = new SavedState(run, stages);
    if (restored.step() > ledger.chargedSteps()) {
      throw new InputException(
          restored.file()
              + ": reflects "
              + Figures.count(restored.step(), "step")
              + ", but the ledger has charged only "
              + ledger.chargedSteps()
              + "; put back the ledger that belongs to it");
    }
    return restored;
  }

  private static double mean(Batch batch, DeviceBuffer losses) {
    double sum = 0;
    for (float loss : losses.downloadFloats(batch.losses())) {
      sum += loss;
    }
    return sum / Math.max(1, batch.targetCount());
  }

  /** Makes the steps of the last stage. */
  PrivateTrainer trainer() {
    return trainer;
  }

  @Override
  public StepRule rule() {
    return step -> (step <= stepsOfFirst ? first.orElseThrow() : trainer).step(step);
  }

  @Override
  public long charged() {
    return ledger.chargedSteps();
  }

  @Override
  public SavedState state() {
    return state;
  }

  @Override
  public void finish(Outcome outcome) {
    state.applyAverage();
    run.saveAdapter(AdapterSeal.notes(ledger, account));
    AdapterSeal.seal(ledger, run.directory().path());
  }

  @Override
  public void close() {
    first.ifPresent(PrivateTrainer::close);
    trainer.close();
    ledger.close();
  }
}
