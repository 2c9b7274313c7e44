package dev.sotto.plan;

import dev.sotto.base.InputException;
import dev.sotto.budget.BookedRun;
import dev.sotto.budget.BudgetBook;
import dev.sotto.clip.Clipping;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.Purpose;
import dev.sotto.ledger.Ledger;
import dev.sotto.ledger.LedgerHeader;
import dev.sotto.mechanism.NoiseKey;
import dev.sotto.model.Batch;
import dev.sotto.model.Evaluation;
import dev.sotto.model.LanguageModel;
import dev.sotto.model.LoraAdapters;
import dev.sotto.model.PassPlan;
import dev.sotto.model.Precision;
import dev.sotto.model.TransformerPass;
import dev.sotto.optimizer.LearningRate;
import dev.sotto.optimizer.Optimizer;
import dev.sotto.report.FinetuneReport;
import dev.sotto.tokenizer.Tokenizer;
import dev.sotto.trainer.NonPrivateTrainer;
import dev.sotto.trainer.PrivacyParameters;
import dev.sotto.trainer.PrivateTrainer;
import dev.sotto.trainer.TrainingState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalDouble;

/**
 * One fine-tuning run from files to files: the place that wires data, model, mechanism, ledger and
 * optimizer together.
 *
 * <pre>{@code
 * FinetuneResult result = new FinetuneRun(options, FinetuneProgress.SILENT).execute();
 * }</pre>
 *
 * All input is read and checked before the output directory is made. The ledger is on disk before
 * the first noise is drawn.
 */
public final class FinetuneRun {
  private static final long GRADIENT_BYTES = 256L << 20;
  private static final int MOST_UNITS = 128;

  private final FinetuneOptions options;
  private final FinetuneProgress progress;
  private final RunDirectory directory;

  /** Prepares a run; nothing is read yet. */
  public FinetuneRun(FinetuneOptions options, FinetuneProgress progress) {
    this.options = options;
    this.progress = progress;
    directory = new RunDirectory(options.output());
  }

  /**
   * Runs to the end.
   *
   * @throws InputException if a file is wrong
   * @throws InputException if a setting is
   */
  public FinetuneResult execute() {
    if (!options.resume()) {
      directory.requireFresh();
    }
    return prepared(this::train);
  }

  /**
   * Reads and checks everything that {@link #execute} does, and tries a micro-batch of made-up
   * sequences. Nothing is drawn, charged or written.
   *
   * @throws InputException if a file is wrong
   * @throws IllegalArgumentException if a setting is
   */
  public DryRun dryRun() {
    directory.requireFresh();
    return prepared(
        (model, lora, data, plan) -> {
          FinetuneSummary summary = FinetuneSummary.of(model, lora, data, options);
          announce(summary, data, plan);
          requireRoom(header(settings(model, data, plan), plan));
          Clipping clipping = plan == null ? null : clipping(lora);
          return DryRun.of(model, lora, data, plan, summary, passPlan(lora), clipping);
        });
  }

  /** What is done with all input, read and checked. */
  @FunctionalInterface
  private interface Work<T> {
    T apply(LanguageModel model, LoraAdapters lora, TrainingData data, PrivacyPlan plan);
  }

  private <T> T prepared(Work<T> work) {
    Purpose purpose = options.privacy() == null ? Purpose.PUBLIC : Purpose.PRIVATE;
    try (Backend backend = Backends.open(options.backend(), options.threads(), purpose);
        LanguageModel model = LanguageModel.load(backend, options.model(), precision(backend));
        Tokenizer tokenizer = Tokenizer.open(options.model(), model.config().vocabularySize())) {
      requireLength(model);
      TrainingData data = TrainingData.read(options.data(), publicData(), tokenizer);
      try (LoraAdapters lora = adapters(model)) {
        return work.apply(model, lora, data, plan(lora, data));
      }
    }
  }

  private Precision precision(Backend backend) {
    return options.precision() != null ? options.precision() : Precision.defaultOf(backend);
  }

  private Path publicData() {
    return options.control() == null ? null : options.control().publicData();
  }

  private void requireLength(LanguageModel model) {
    int positions = model.config().maxPositions();
    if (options.data().maxLength() > positions) {
      throw new InputException(
          "maximum length "
              + options.data().maxLength()
              + " exceeds the model's "
              + positions
              + " positions: give --max-length "
              + positions
              + " or less");
    }
  }

  private LoraAdapters adapters(LanguageModel model) {
    return options.adapter() != null
        ? LoraAdapters.load(model, options.adapter())
        : LoraAdapters.create(model, options.lora(), options.seed());
  }

  /** Null without privacy. */
  private PrivacyPlan plan(LoraAdapters lora, TrainingData data) {
    PrivacyOptions privacy = options.privacy();
    if (privacy == null) {
      return null;
    }
    if (options.control() != null) {
      return ControlledRun.plan(options, lora.layout(), data);
    }
    return InputException.ifRefused(
        () ->
            PrivacyPlan.of(
                privacy,
                options.training(),
                data.publicUnits(),
                privacy.clipping(lora.layout().size()).groups(lora.layout())));
  }

  private FinetuneResult train(
      LanguageModel model, LoraAdapters lora, TrainingData data, PrivacyPlan plan) {
    TrainingOptions training = options.training();
    double q = training.samplingProbability(data.publicUnits());
    long steps = training.stepsFor(q);
    Settings settings = settings(model, data, plan);
    if (options.resume()) {
      directory.requireSame(settings.values());
      directory.requireSameData(options.data().train());
    }
    Backend backend = model.backend();
    announce(FinetuneSummary.of(model, lora, data, options), data, plan);
    LearningRate rate =
        InputException.ifRefused(
            () ->
                new LearningRate(
                    training.learningRate(), training.warmupSteps(), steps, training.decay()));
    LedgerHeader header = header(settings, plan);
    if (!options.resume()) {
      requireRoom(header);
    }
    double before = perplexity(model, null, data);
    PassPlan passPlan = passPlan(lora);
    try (NoiseKey key = key();
        TransformerPass pass = new TransformerPass(model, lora, passPlan);
        Optimizer optimizer = new Optimizer(backend, training.optimizer(), lora.weights());
        BookedRun booked = booked(header)) {
      if (!options.resume()) {
        directory.create(settings.values(), options.data().train());
      }
      FinetuneResult result;
      if (plan == null) {
        result = trainWithoutPrivacy(data, lora, pass, key, optimizer, rate, q, steps);
        lora.save(directory.path(), model, options.model().toString());
      } else {
        result =
            trainPrivately(model, data, lora, pass, key, optimizer, rate, plan, header, booked);
      }
      FinetuneResult complete = result.withPerplexity(before, perplexity(model, lora, data));
      FinetuneReport.write(
          directory.report(),
          ReportFacts.of(options, plan, data.publicUnits(), key.isSeeded(), complete),
          settings.values());
      if (booked != null) {
        booked.finish(directory.ledger());
      }
      return complete;
    }
  }

  private Settings settings(LanguageModel model, TrainingData data, PrivacyPlan plan) {
    double q = options.training().samplingProbability(data.publicUnits());
    return new Settings(options, model.precision(), q, options.training().stepsFor(q), plan);
  }

  /** Null without privacy. */
  private LedgerHeader header(Settings settings, PrivacyPlan plan) {
    boolean seeded = options.testSeed() != null;
    return plan == null ? null : new LedgerHeaders(options, plan, settings, seeded).header();
  }

  private void requireRoom(LedgerHeader header) {
    if (options.budgetBook() != null) {
      BudgetBook.requireRoom(options.budgetBook(), header);
    }
  }

  /** The run's place in its budget, found before anything is made; null if it has no budget. */
  private BookedRun booked(LedgerHeader header) {
    Path book = options.budgetBook();
    if (book == null) {
      return null;
    }
    return options.resume()
        ? BookedRun.readmit(book, header, directory.ledger())
        : BookedRun.admit(book, header);
  }

  private NoiseKey key() {
    return options.testSeed() == null
        ? NoiseKey.fromOperatingSystem()
        : NoiseKey.seededForTests(options.testSeed());
  }

  private void announce(FinetuneSummary summary, TrainingData data, PrivacyPlan plan) {
    progress.planned(summary, plan);
    data.publicRecords().forEach(progress::publicRecords);
  }

  /** As many units at a time as fit a quarter of a gigabyte of per-sample gradients. */
  private PassPlan passPlan(LoraAdapters lora) {
    long bytes = 4 * lora.layout().parameters();
    int units = (int) Math.max(1, Math.min(MOST_UNITS, GRADIENT_BYTES / bytes));
    int length = options.data().maxLength();
    int rows = Math.max(length, options.training().microBatchTokens());
    return PassPlan.train(rows, rows, units, length);
  }

  private FinetuneResult trainPrivately(
      LanguageModel model,
      TrainingData data,
      LoraAdapters lora,
      TransformerPass pass,
      NoiseKey key,
      Optimizer optimizer,
      LearningRate rate,
      PrivacyPlan plan,
      LedgerHeader header,
      BookedRun booked) {
    PrivacyParameters parameters =
        new PrivacyParameters(
            plan.samplingProbability(),
            plan.expectedBatchSize(),
            clipping(lora),
            plan.release(),
            plan.control() == null ? null : plan.control().release());
    try (Ledger ledger = ledger(header, booked);
        PrivateTrainer trainer =
            new PrivateTrainer(
                data.corpus(), pass, lora, key, ledger, optimizer, rate, parameters)) {
      observeUnsafely(trainer);
      long reflected = TrainingState.restore(directory.state(), lora, optimizer);
      long charged = ledger.chargedSteps();
      if (reflected > charged) {
        throw new InputException(
            directory.state()
                + ": reflects "
                + reflected
                + " steps, but the ledger has charged only "
                + charged
                + "; put back the ledger that belongs to it");
      }
      double epsilon =
          plan.control() == null
              ? trainUncontrolled(lora, trainer, optimizer, ledger, plan)
              : new ControlledRun(options, plan, directory, progress)
                  .train(model, lora, data, pass, trainer, optimizer, ledger, reflected);
      lora.save(
          directory.path(), model, options.model().toString(), RunRelease.notes(ledger, plan));
      RunRelease.seal(ledger, directory.path());
      return new FinetuneResult(
          epsilon,
          plan.delta(),
          plan.accountantName(),
          plan.provesEpsilon() ? Double.NaN : plan.epsilon(),
          ledger.chargedSteps(),
          directory.path(),
          directory.ledger(),
          directory.report(),
          Double.NaN,
          Double.NaN);
    }
  }

  /** Of a controlled run the base, before its controller has chosen anything. */
  private Clipping clipping(LoraAdapters lora) {
    int pairs = lora.layout().size();
    return options.control() == null
        ? options.privacy().clipping(pairs)
        : Clipping.perPair(options.privacy().clipNorm(), pairs);
  }

  /** The steps that are left, all under one event; upper bound on ε. */
  private double trainUncontrolled(
      LoraAdapters lora,
      PrivateTrainer trainer,
      Optimizer optimizer,
      Ledger ledger,
      PrivacyPlan plan) {
    EpsilonCurve curve = new EpsilonCurve(plan);
    for (long step = ledger.chargedSteps() + 1; step <= plan.steps(); step++) {
      trainer.step(step);
      if (step % options.training().checkpointEvery() == 0 || step == plan.steps()) {
        TrainingState.save(directory.state(), step, lora, optimizer);
      }
      progress.step(step, plan.steps(), curve.after(step));
    }
    return plan.epsilonAfter(ledger.chargedSteps());
  }

  /** A run killed before it had a ledger has released nothing, so its resume may begin one. */
  private Ledger ledger(LedgerHeader header, BookedRun booked) {
    boolean begun = Files.exists(directory.ledger()) || Files.exists(directory.state());
    Ledger ledger =
        options.resume() && begun
            ? Ledger.resume(directory.ledger(), header)
            : Ledger.create(directory.ledger(), header);
    try {
      if (booked != null) {
        booked.begin(ledger);
      }
      return ledger;
    } catch (RuntimeException e) {
      ledger.close();
      throw e;
    }
  }

  private void observeUnsafely(PrivateTrainer trainer) {
    if (options.unsafeDiagnostics()) {
      trainer.observe(
          (step, batch, losses) ->
              progress.unsafeLoss(step, OptionalDouble.of(mean(batch, losses))));
    }
  }

  private static double mean(Batch batch, DeviceBuffer losses) {
    double sum = 0;
    for (float loss : losses.downloadFloats(batch.rows())) {
      sum += loss;
    }
    return sum / Math.max(1, batch.targetCount());
  }

  private FinetuneResult trainWithoutPrivacy(
      TrainingData data,
      LoraAdapters lora,
      TransformerPass pass,
      NoiseKey key,
      Optimizer optimizer,
      LearningRate rate,
      double q,
      long steps) {
    try (NonPrivateTrainer trainer =
        new NonPrivateTrainer(data.corpus(), pass, lora, key, optimizer, rate, q)) {
      long done = TrainingState.restore(directory.state(), lora, optimizer);
      for (long step = done + 1; step <= steps; step++) {
        trainer.step(step);
        if (step % options.training().checkpointEvery() == 0 || step == steps) {
          TrainingState.save(directory.state(), step, lora, optimizer);
        }
        progress.step(step, steps, Double.POSITIVE_INFINITY);
      }
    }
    return new FinetuneResult(
        Double.POSITIVE_INFINITY,
        1,
        null,
        Double.NaN,
        steps,
        directory.path(),
        null,
        directory.report(),
        Double.NaN,
        Double.NaN);
  }

  private double perplexity(LanguageModel model, LoraAdapters lora, TrainingData data) {
    return data.validation().isEmpty()
        ? Double.NaN
        : Evaluation.of(model, lora, data.validation(), options.data().maxLength()).perplexity();
  }
}
