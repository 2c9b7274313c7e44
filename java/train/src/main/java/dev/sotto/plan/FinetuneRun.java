package dev.sotto.plan;

import dev.sotto.base.AtomicFile;
import dev.sotto.base.InputException;
import dev.sotto.clip.Clipping;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.compute.Purpose;
import dev.sotto.gradient.ParameterLayout;
import dev.sotto.ledger.LedgerHeader;
import dev.sotto.mechanism.NoiseKey;
import dev.sotto.model.InitialA;
import dev.sotto.model.LanguageModel;
import dev.sotto.model.LoraAdapters;
import dev.sotto.model.Precision;
import dev.sotto.report.Html;
import dev.sotto.report.Markdown;
import dev.sotto.report.Report;
import dev.sotto.task.LabelledSequences;
import dev.sotto.task.Task;
import dev.sotto.tokenizer.Tokenizer;
import dev.sotto.trainer.Outcome;
import dev.sotto.trainer.StepLoop;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.Function;

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
  private final FinetuneOptions options;
  private final FinetuneProgress progress;
  private final Optional<TensorBoard> tensorBoard;
  private final RunDirectory directory;

  /** Prepares a run; nothing is read yet. */
  public FinetuneRun(FinetuneOptions options, FinetuneProgress progress) {
    this.options = options;
    tensorBoard = options.tensorboard().map(TensorBoard::new);
    this.progress =
        tensorBoard
            .<FinetuneProgress>map(board -> new FinetuneListeners(List.of(board, progress)))
            .orElse(progress);
    directory = new RunDirectory(options.output());
  }

  /**
   * Runs to the end.
   *
   * @throws InputException if a file is wrong
   * @throws InputException if a setting is
   * @throws CancellationException if the thread was interrupted between two steps; the state is
   *     saved, and the run can be resumed
   */
  public FinetuneResult execute() {
    if (!options.resume()) {
      requireFresh();
    }
    try {
      return prepared(this::train);
    } finally {
      tensorBoard.ifPresent(TensorBoard::close);
    }
  }

  /**
   * Reads and checks everything that {@link #execute} does, and tries a micro-batch of made-up
   * sequences. Nothing is drawn, charged or written.
   *
   * @throws InputException if a file is wrong
   * @throws IllegalArgumentException if a setting is
   */
  public DryRun dryRun() {
    requireFresh();
    return prepared(
        run -> {
          announce(run);
          run.promise(run.settings()).ifPresent(this::requireRoom);
          return DryRun.of(run);
        });
  }

  private void requireFresh() {
    directory.requireFresh();
    options.tensorboard().ifPresent(TensorBoard::requireFresh);
  }

  private <T> T prepared(Function<PreparedRun, T> work) {
    Purpose purpose = options.isPrivate() ? Purpose.PRIVATE : Purpose.PUBLIC;
    TrainingRecords records =
        TrainingRecords.read(options.data(), options.control().flatMap(ControlOptions::publicData));
    Task task = options.task().task(options.model(), options.data().train(), records.train());
    try (Backend backend = Backends.open(options.backend(), options.threads(), purpose);
        LanguageModel model = model(backend, task);
        Tokenizer tokenizer = Tokenizer.open(options.model(), model.config().vocabularySize())) {
      requireLength(model);
      RunFrame frame = RunFrame.of(options, tokenizer, directory);
      RecordForm form = form(task, tokenizer, frame);
      TrainingData data = TrainingData.of(records, options.data(), form);
      try (LoraAdapters lora = adapters(model)) {
        return work.apply(
            new PreparedRun(options, task, frame, model, lora, data, account(lora, data)));
      }
    }
  }

  private LanguageModel model(Backend backend, Task task) {
    return task instanceof Task.Scored scored
        ? LanguageModel.load(
            backend, options.model(), precision(backend), scored.head(options.task().pooling()))
        : LanguageModel.load(backend, options.model(), precision(backend));
  }

  private RecordForm form(Task task, Tokenizer tokenizer, RunFrame frame) {
    DataOptions data = options.data();
    return task instanceof Task.Scored scored
        ? new RecordForm.Labelled(
            new LabelledSequences(scored, tokenizer, data.maxLength()), data.maxBlocksPerUnit())
        : RecordForm.Text.of(data, tokenizer, frame);
  }

  private Precision precision(Backend backend) {
    return options.precision().orElseGet(() -> Precision.defaultOf(backend));
  }

  private void requireLength(LanguageModel model) {
    DataOptions.requirePositions(options.data().maxLength(), model.config().maxPositions());
  }

  private LoraAdapters adapters(LanguageModel model) {
    boolean freezeA = options.tune().freezeA();
    LoraAdapters lora =
        options
            .adapter()
            .map(dir -> LoraAdapters.load(model, dir))
            .orElseGet(
                () ->
                    LoraAdapters.create(
                        model,
                        options.lora(),
                        options.seed(),
                        freezeA ? InitialA.ORTHONORMAL : InitialA.UNIFORM));
    return freezeA ? lora.freezeA() : lora;
  }

  private Account account(LoraAdapters lora, TrainingData data) {
    return options
        .privacy()
        .map(privacy -> account(privacy, lora, data))
        .orElseGet(Account.None::new);
  }

  private Account account(Privacy privacy, LoraAdapters lora, TrainingData data) {
    if (options.control().isPresent()) {
      return RunController.account(options, lora.layout(), data);
    }
    TrainingOptions training = options.training();
    TuneOptions tune = options.tune();
    return InputException.ifRefused(
        () ->
            tune.headFirst()
                .map(
                    first ->
                        (Account.Private)
                            Accounts.headFirst(
                                privacy,
                                training,
                                data.publicUnits(),
                                new Accounts.Head(first, groups(lora.headAlone())),
                                groups(lora)))
                .orElseGet(
                    () ->
                        Accounts.of(
                            privacy,
                            training,
                            data.publicUnits(),
                            groups(tune.headAlone() ? lora.headAlone() : lora))));
  }

  private List<Clipping.Group> groups(LoraAdapters changed) {
    ParameterLayout layout = changed.layout();
    return options.privacy().orElseThrow().clipping(layout.size()).groups(layout);
  }

  private FinetuneResult train(PreparedRun run) {
    Settings settings = run.settings();
    if (options.resume()) {
      directory.requireSame(settings.values());
      directory.requireSameData(options.data().train());
    }
    announce(run);
    Optional<LedgerHeader> promise = run.promise(settings);
    if (!options.resume()) {
      promise.ifPresent(this::requireRoom);
    }
    Optional<Double> before = run.basePerplexity();
    try (NoiseKey key = key();
        Stages stages = Stages.open(run, progress);
        Charge charge = promise.map(this::charge).orElseGet(Charge::nothing)) {
      if (!options.resume()) {
        directory.create(settings.values(), options.data().train());
        options.write(directory.runFile());
      }
      Outcome outcome = steps(run, stages, key, charge);
      FinetuneResult result =
          new FinetuneResult(
              run.account(),
              outcome,
              run.account().epsilonAfter(outcome.steps()),
              directory,
              before.flatMap(
                  base -> run.adaptedPerplexity().map(after -> new Perplexity(base, after))),
              run.scores());
      Report page = FinetunePage.of(options, result, settings.values());
      write(directory.report(), Markdown.of(page));
      write(directory.page(), Html.of(page));
      write(directory.card(), ModelCard.of(options, result));
      charge.finish();
      return result;
    }
  }

  private static void write(Path file, String text) {
    AtomicFile.write(file, text.getBytes(StandardCharsets.UTF_8));
  }

  /** All steps that are left, and the adapter. */
  private Outcome steps(PreparedRun run, Stages stages, NoiseKey key, Charge charge) {
    long planned = run.steps();
    EpsilonCurve spent = new EpsilonCurve(run.account(), planned);
    try (RunSteps steps = RunSteps.open(run, stages, key, charge, progress)) {
      if (options.resume() && steps.saved() == 0) {
        progress.withoutCheckpoint(steps.charged(), planned);
      }
      long[] last = {steps.saved()};
      Outcome outcome =
          StepLoop.run(
              steps.rule(),
              steps.charged(),
              planned,
              step -> {
                last[0] = step;
                steps.state().reached(step);
                if (steps.rule().rests()
                    && step - steps.saved() >= options.training().checkpointEvery()) {
                  steps.save(step);
                }
                progress.step(step, planned, spent.after(step));
                if (options.training().validatesAfter(step)) {
                  validate(run, step);
                }
              });
      if (last[0] > steps.saved()) {
        steps.save(last[0]);
      }
      if (outcome instanceof Outcome.Interrupted) {
        Thread.currentThread().interrupt();
        throw new CancellationException(
            "interrupted after step "
                + outcome.steps()
                + " of "
                + planned
                + "; go on with --resume");
      }
      steps.finish(outcome);
      return outcome;
    }
  }

  /** Public records, and weights that were released: nothing private is read. */
  private void validate(PreparedRun run, long step) {
    Map<String, Double> figures = run.figures();
    ValidationFile.append(directory.validation(), new ValidationFile.Measured(step, figures));
    progress.validated(step, figures);
  }

  private void requireRoom(LedgerHeader promise) {
    Charge.requireRoom(promise, options.budgetBook());
  }

  private Charge charge(LedgerHeader promise) {
    return options.resume()
        ? Charge.resumed(
            promise, directory.ledger(), options.budgetBook(), Files.exists(directory.state()))
        : Charge.fresh(promise, directory.ledger(), options.budgetBook());
  }

  private NoiseKey key() {
    return options
        .testSeed()
        .map(NoiseKey::seededForTests)
        .orElseGet(NoiseKey::fromOperatingSystem);
  }

  private void announce(PreparedRun run) {
    progress.planned(run.summary(), run.account());
    run.data().publicRecords().forEach(progress::publicRecords);
  }
}
