package dev.sotto.plan;

import dev.sotto.accounting.PrivacyFilter;
import dev.sotto.base.InputException;
import dev.sotto.clip.Clipping;
import dev.sotto.control.Controller;
import dev.sotto.control.ControllerOptions;
import dev.sotto.control.Controllers;
import dev.sotto.control.Decision;
import dev.sotto.control.learn.AgentState;
import dev.sotto.gradient.ParameterLayout;
import dev.sotto.ledger.Ledger;
import dev.sotto.ledger.LedgerReader;
import dev.sotto.model.Evaluation;
import dev.sotto.model.LanguageModel;
import dev.sotto.model.LoraAdapters;
import dev.sotto.model.PassPlan;
import dev.sotto.model.TransformerPass;
import dev.sotto.optimizer.Optimizer;
import dev.sotto.trainer.ControlParameters;
import dev.sotto.trainer.ControlRecord;
import dev.sotto.trainer.ControlledTraining;
import dev.sotto.trainer.PrivateTrainer;
import dev.sotto.trainer.PublicGradientNorms;
import dev.sotto.trainer.TrainingState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.DoubleSupplier;
import java.util.function.LongToDoubleFunction;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * The part of a run that a controller steers: builds the controller, carries out the training, and
 * keeps what a resumed run needs.
 */
final class ControlledRun {
  private static final int VALIDATION_ROWS = 2048;

  private final FinetuneOptions options;
  private final ControlOptions control;
  private final PrivacyPlan plan;
  private final RunDirectory directory;
  private final FinetuneProgress progress;

  ControlledRun(
      FinetuneOptions options,
      PrivacyPlan plan,
      RunDirectory directory,
      FinetuneProgress progress) {
    this.options = options;
    this.control = options.control();
    this.plan = plan;
    this.directory = directory;
    this.progress = progress;
  }

  /**
   * The numbers of the run, before anything is made.
   *
   * @throws InputException if the controller cannot be had as asked for
   */
  static PrivacyPlan plan(FinetuneOptions options, ParameterLayout layout, TrainingData data) {
    ControlOptions control = options.control();
    PrivacyOptions privacy = options.privacy();
    double[] equal = new double[layout.size()];
    Arrays.fill(equal, 1);
    boolean statistics = usesStatistics(options, layout, equal);
    if (control.usesPublicNorms() && data.publicCorpus() == null) {
      throw new InputException(
          (control.publicBase() ? "--clip-base public" : "--controller " + control.controller())
              + " takes its clip norms from public records: give --public-data or --validation");
    }
    String startedFrom = control.startFrom() == null ? null : sha256(control.startFrom());
    return InputException.ifRefused(
        () ->
            PrivacyPlan.controlled(
                privacy,
                control,
                startedFrom,
                statistics,
                options.training(),
                data.publicUnits(),
                Clipping.perPair(privacy.clipNorm(), layout.size()).groups(layout)));
  }

  private static boolean usesStatistics(
      FinetuneOptions options, ParameterLayout layout, double[] norms) {
    try (Controller controller = controller(options, layout, 1, norms)) {
      return controller.usesStatistics();
    }
  }

  /**
   * Trains to the end.
   *
   * @param reflected last step in the weights
   * @return upper bound on ε
   */
  double train(
      LanguageModel model,
      LoraAdapters lora,
      TrainingData data,
      TransformerPass pass,
      PrivateTrainer trainer,
      Optimizer optimizer,
      Ledger ledger,
      long reflected) {
    PrivacyFilter filter = filter();
    EpsilonCurve curve = new EpsilonCurve(plan);
    LongToDoubleFunction epsilon = filter == null ? curve::after : step -> plan.epsilon();
    long charged = ledger.chargedSteps();
    try (Controller controller = controller(lora, data, pass);
        TransformerPass evaluation = data.validation().isEmpty() ? null : evaluation(model, lora)) {
      DoubleSupplier validation =
          evaluation == null
              ? null
              : () -> Evaluation.of(evaluation, data.validation()).natsPerToken();
      ControlParameters parameters =
          new ControlParameters(
              plan.control().release(),
              plan.samplingProbability(),
              plan.noiseMultiplier(),
              filter,
              control.interval(),
              plan.steps(),
              validation,
              !control.privatizedReward(),
              epsilon);
      Decision inForce =
          reflected == 0
              ? null
              : ControllerFile.restore(directory.controller(reflected), controller);
      Keeper keeper = new Keeper(controller, lora, optimizer, reflected);
      new ControlledTraining(trainer, controller, lora.layout(), parameters)
          .run(charged, inForce, keeper);
      keeper.save();
      if (controller.skipped() > 0) {
        progress.skippedRewards(controller.skipped());
      }
      if (ledger.chargedSteps() < plan.steps()) {
        progress.budgetSpent(ledger.chargedSteps(), plan.steps());
      }
      ControllerFile.savePolicy(directory.policy(), controller);
      return filter == null ? plan.epsilonAfter(ledger.chargedSteps()) : plan.epsilon();
    }
  }

  /** Charged with what the ledger holds; null where the noise is fixed. */
  private PrivacyFilter filter() {
    Double order = plan.control().filterOrder();
    if (order == null) {
      return null;
    }
    PrivacyFilter filter = new PrivacyFilter(plan.epsilon(), plan.accountedDelta(), order);
    LedgerReader.read(directory.ledger()).charges().forEach(filter::reserve);
    return filter;
  }

  private Controller controller(LoraAdapters lora, TrainingData data, TransformerPass pass) {
    long intervals = (plan.steps() + control.interval() - 1) / control.interval();
    double[] publicNorms =
        control.usesPublicNorms()
            ? PublicGradientNorms.medians(data.publicCorpus(), pass, lora)
            : null;
    return controller(options, lora.layout(), intervals, publicNorms);
  }

  private static Controller controller(
      FinetuneOptions options, ParameterLayout layout, long intervals, double[] publicNorms) {
    ControlOptions control = options.control();
    Path policy = control.startFrom();
    AgentState start =
        policy == null ? null : InputException.ifRefused(() -> AgentState.load(policy));
    ControllerOptions wanted =
        new ControllerOptions(
            control.controller(),
            layout.size(),
            layout.sizes().stream().mapToLong(Long::longValue).toArray(),
            options.privacy().clipNorm(),
            control.adaptNoise(),
            intervals,
            publicNorms,
            start,
            options.seed(),
            options.privacy().allocation());
    try {
      return Controllers.create(wanted);
    } catch (IllegalArgumentException e) {
      throw new InputException((policy == null ? "" : policy + ": ") + e.getMessage(), e);
    }
  }

  private TransformerPass evaluation(LanguageModel model, LoraAdapters lora) {
    int length = options.data().maxLength();
    return new TransformerPass(
        model, lora, PassPlan.evaluate(Math.max(VALIDATION_ROWS, length), length));
  }

  private static String sha256(Path file) {
    try {
      return DigestUtils.sha256Hex(Files.readAllBytes(file));
    } catch (IOException e) {
      throw new InputException(
          file + ": cannot be read: give the policy.json that a learning controller left", e);
    }
  }

  private static void deleteOld(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new InputException(file + ": cannot be deleted: " + e.getMessage(), e);
    }
  }

  /** Notes every interval, and saves weights and controller every so many steps. */
  private final class Keeper implements ControlledTraining.Listener {
    private final Controller controller;
    private final LoraAdapters lora;
    private final Optimizer optimizer;
    private long saved;
    private long ended;
    private Decision inForce;

    Keeper(Controller controller, LoraAdapters lora, Optimizer optimizer, long saved) {
      this.controller = controller;
      this.lora = lora;
      this.optimizer = optimizer;
      this.saved = saved;
      ended = saved;
    }

    @Override
    public void step(long step, double epsilon) {
      progress.step(step, plan.steps(), epsilon);
    }

    @Override
    public void interval(ControlRecord record, Decision next) {
      TrajectoryFile.append(directory.trajectory(), record);
      ended = record.step();
      inForce = next;
      if (ended - saved >= options.training().checkpointEvery()) {
        save();
      }
    }

    /** Saves the state as of the last interval, unless that is done. */
    void save() {
      if (ended > saved) {
        // The state's step says which controller belongs to it, so the old one goes last.
        ControllerFile.save(directory.controller(ended), controller, inForce);
        TrainingState.save(directory.state(), ended, lora, optimizer);
        deleteOld(directory.controller(saved));
        saved = ended;
      }
    }
  }
}
