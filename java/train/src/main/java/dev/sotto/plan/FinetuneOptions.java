package dev.sotto.plan;

import dev.sotto.base.Figures;
import dev.sotto.base.InputException;
import dev.sotto.checkpoint.ModelConfigFile;
import dev.sotto.model.Architectures;
import dev.sotto.model.LoraOptions;
import dev.sotto.model.Precision;
import dev.sotto.noise.NoiseLaw;
import dev.sotto.optimizer.OptimizerOptions;
import dev.sotto.settings.ConfigFile;
import dev.sotto.settings.Kept;
import dev.sotto.settings.Range;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Everything {@link FinetuneRun} needs to know.
 *
 * <pre>{@code
 * FinetuneOptions options =
 *     FinetuneOptions.builder(model, data)
 *         .output(run)
 *         .privacy(Privacy.epsilon(4))
 *         .set(TrainingOptions.EPOCHS, 2.0)
 *         .build();
 * }</pre>
 */
public final class FinetuneOptions {
  /** HuggingFace model directory. */
  public static final Setting<Path> MODEL =
      Setting.path(
              "model", "PATH", "HuggingFace model directory, or GGUF file, of a decoder or encoder")
          .kept(Kept.ALWAYS_EQUAL_ON_RESUME);

  /** PEFT adapter to go on from. */
  public static final Setting<Path> ADAPTER =
      Setting.path("adapter", "DIR", "PEFT adapter to go on from; default: a fresh one")
          .kept(Kept.ALWAYS_EQUAL_ON_RESUME);

  /** LoRA rank. */
  public static final Setting<Integer> RANK =
      Setting.count("rank", "R", 1, "LoRA rank; default: %s")
          .or(8)
          .kept(Kept.ALWAYS_EQUAL_ON_RESUME)
          .insteadOf(ADAPTER);

  /** LoRA alpha. */
  public static final Setting<Double> ALPHA =
      Setting.number(
              "alpha", "A", Range.ALPHA, "LoRA alpha, updates are scaled by A/R; default: %s")
          .or(16.0)
          .kept(Kept.ALWAYS_EQUAL_ON_RESUME)
          .insteadOf(ADAPTER);

  /** What LoRA adapts. */
  public static final Setting<List<String>> TARGET_MODULES =
      Setting.texts(
              "target-modules",
              "LIST",
              "names with commas, or all-linear; default: attention projections")
          .or(List.of())
          .kept(Kept.ALWAYS_EQUAL_ON_RESUME)
          .insteadOf(ADAPTER);

  /** Where results go. */
  public static final Setting<Path> OUTPUT =
      Setting.path("output", "DIR", "new or empty directory for adapter, ledger and report");

  /** Where events for TensorBoard go. */
  public static final Setting<Path> TENSORBOARD =
      Setting.path(
          "tensorboard", "DIR", "also write public and released values there, for TensorBoard");

  /** Whether to go on with a run. */
  public static final Setting<Boolean> RESUME =
      Setting.flag("resume", "go on with the run in --output");

  /** Whether exact losses are printed. */
  public static final Setting<Boolean> UNSAFE_DIAGNOSTICS =
      Setting.flag("unsafe-diagnostics", "print exact training losses: they are private");

  /** Seed of sampling and noise for tests. */
  public static final Setting<Long> INSECURE_TEST_SEED =
      Setting.seed("insecure-test-seed", "fixed noise, for tests: protects nothing")
          .kept(Kept.IN_RUN_FILE);

  /** What is adapted. */
  public static final Section ADAPTED =
      Section.of("Model", MODEL, BackendOptions.PRECISION, ADAPTER, RANK, ALPHA, TARGET_MODULES);

  /** Of one run. */
  public static final Section RUN =
      Section.of("Run", OUTPUT, TENSORBOARD, RESUME, UNSAFE_DIAGNOSTICS, INSECURE_TEST_SEED);

  /** The whole table. */
  public static final List<Section> TABLE =
      List.of(
          ADAPTED,
          DataOptions.SECTION,
          ChatOptions.SECTION,
          TaskOptions.SECTION,
          TuneOptions.SECTION,
          Privacy.SECTION,
          ControlOptions.SECTION,
          TrainingOptions.SCHEDULE,
          TrainingOptions.SECTION,
          RUN);

  private final Values values;
  private final DataOptions data;
  private final TaskOptions task;
  private final TuneOptions tune;
  private final Optional<Privacy> privacy;
  private final Optional<ControlOptions> control;
  private final TrainingOptions training;
  private final LoraOptions lora;

  private FinetuneOptions(Values values, Optional<Privacy> privacy) {
    this.values = values;
    this.privacy = privacy;
    data = DataOptions.of(values);
    task = TaskOptions.of(values).withLabels();
    tune = TuneOptions.of(values, task.kind());
    control = ControlOptions.of(values);
    training = TrainingOptions.of(values);
    lora = new LoraOptions(values.get(RANK), values.get(ALPHA), values.get(TARGET_MODULES));
    if (control.isPresent()
        && !privacy.filter(p -> p.noise().law().kind() == NoiseLaw.Kind.GAUSSIAN).isPresent()) {
      throw new InputException(
          "a controller chooses clip norms and Gaussian noise: leave out "
              + values.shown(ControlOptions.CONTROLLER)
              + ", or train with privacy and --mechanism gaussian");
    }
    if (values.has(TrainingOptions.VALIDATE_EVERY)
        && data.validation().isEmpty()
        && data.validationFraction() == 0) {
      throw new InputException(
          values.shown(TrainingOptions.VALIDATE_EVERY)
              + " measures on public records, and there are none; give "
              + DataOptions.VALIDATION
              + " FILE too");
    }
    tune.headFirst().ifPresent(first -> requireRoom(first, privacy.orElseThrow()));
  }

  private void requireRoom(TuneOptions.HeadFirst first, Privacy wanted) {
    if (wanted.noise().law().kind() != NoiseLaw.Kind.GAUSSIAN) {
      throw new InputException(
          values.shown(TuneOptions.HEAD_FIRST) + " is for Gaussian noise; leave out --mechanism");
    }
    if (!(first.epsilon() < wanted.epsilon())) {
      throw new InputException(
          values.shown(TuneOptions.HEAD_FIRST)
              + " leaves nothing of the run's epsilon of "
              + Figures.number(wanted.epsilon())
              + "; give less, or --tune head to train the head alone");
    }
  }

  /**
   * Reads the settings; of {@link #TABLE}, and of {@link BackendOptions}.
   *
   * @throws InputException if one is missing, or some exclude each other
   */
  public static FinetuneOptions of(Values values) {
    values.get(MODEL);
    boolean isPrivate = !values.get(Privacy.NO_PRIVACY);
    if (!isPrivate) {
      values.refuseTogether(Privacy.NO_PRIVACY, ControlOptions.CONTROLLER);
    }
    Optional<Privacy> privacy = isPrivate ? Optional.of(Privacy.of(values)) : Optional.empty();
    return of(values, privacy);
  }

  private static FinetuneOptions of(Values given, Optional<Privacy> privacy) {
    given.get(OUTPUT);
    given.get(DataOptions.TRAIN);
    given.refuseAlternatives(Section.flatten(TABLE));
    Values values = TaskOptions.resolve(given, DataOptions.TRAIN, "train");
    if (values.has(DataOptions.MAX_LENGTH)) {
      return new FinetuneOptions(values, privacy);
    }
    ModelConfigFile file = ModelConfigFile.open(values.get(MODEL));
    int length = DataOptions.defaultLength(Architectures.of(file).read(file).maxPositions());
    return new FinetuneOptions(values.with(DataOptions.MAX_LENGTH, length), privacy);
  }

  /** The same with another value of a setting. */
  public <T> FinetuneOptions with(Setting<T> setting, T value) {
    return of(values.with(setting, value));
  }

  /**
   * Begins with what has no default.
   *
   * @param model HuggingFace model directory
   * @param train private records
   */
  public static Builder builder(Path model, Path train) {
    return new Builder(Values.NONE.with(MODEL, model).with(DataOptions.TRAIN, train));
  }

  /** Settings one after the other. */
  public static final class Builder {
    private Values values;
    private Optional<Privacy> privacy = Optional.empty();

    private Builder(Values values) {
      this.values = values;
    }

    /** Where results go. */
    public Builder output(Path directory) {
      return set(OUTPUT, directory);
    }

    /** The guarantee; without this call it is {@link Privacy}'s default. */
    public Builder privacy(Privacy wanted) {
      values = wanted.values().or(values.without(List.of(Privacy.NO_PRIVACY)));
      privacy = Optional.of(wanted);
      return this;
    }

    /** No protection at all, for public data and comparison. */
    public Builder withoutPrivacy() {
      privacy = Optional.empty();
      return set(Privacy.NO_PRIVACY, true);
    }

    /** Any setting of {@link #TABLE}, or of {@link BackendOptions}. */
    public <T> Builder set(Setting<T> setting, T value) {
      values = values.with(setting, value);
      return this;
    }

    /** Settings read elsewhere. */
    public Builder setAll(Values more) {
      values = more.or(values);
      return this;
    }

    /** The same where there is a value. */
    public <T> Builder set(Setting<T> setting, Optional<T> value) {
      values = values.with(setting, value);
      return this;
    }

    /**
     * The options.
     *
     * @throws InputException if a setting is missing, or some exclude each other
     */
    public FinetuneOptions build() {
      return privacy.isPresent() && !values.get(Privacy.NO_PRIVACY)
          ? of(values, privacy)
          : of(values);
    }
  }

  /** The settings as given. */
  public Values values() {
    return values;
  }

  /** Writes the effective settings, for {@code --config} to read. */
  void write(Path file) {
    List<Setting<?>> all = new ArrayList<>(Section.flatten(TABLE));
    // A default of what does not apply would be refused when the file is read.
    if (control.isEmpty()) {
      all.removeAll(ControlOptions.SECTION.settings());
    }
    if (tune.headFirst().isEmpty()) {
      all.removeAll(TuneOptions.OF_HEAD_FIRST);
    }
    if (training.optimizer().kind() != OptimizerOptions.Kind.SGD) {
      all.remove(TrainingOptions.MOMENTUM);
    }
    all.addAll(List.of(BackendOptions.BACKEND, BackendOptions.THREADS));
    ConfigFile.write(file, all, values);
  }

  /** HuggingFace model directory. */
  public Path model() {
    return values.get(MODEL);
  }

  /** PEFT adapter to go on from; empty for a fresh one. */
  public Optional<Path> adapter() {
    return values.find(ADAPTER);
  }

  /** Directory for adapter, ledger, report and checkpoint. */
  public Path output() {
    return values.get(OUTPUT);
  }

  /** Directory for TensorBoard's events; empty for none. */
  public Optional<Path> tensorboard() {
    return values.find(TENSORBOARD);
  }

  /** What to train on. */
  public DataOptions data() {
    return data;
  }

  /** What is learned of it. */
  public TaskOptions task() {
    return task;
  }

  /** Which weights are trained, and in which order. */
  public TuneOptions tune() {
    return tune;
  }

  /** What to adapt; ignored with {@link #adapter}. */
  public LoraOptions lora() {
    return lora;
  }

  /** The guarantee; empty to train without privacy. */
  public Optional<Privacy> privacy() {
    return privacy;
  }

  /** Who chooses clip norms and noise during the run; empty keeps both fixed. */
  public Optional<ControlOptions> control() {
    return control;
  }

  /** The budget of the data set that the run is charged to; empty for none. */
  public Optional<Path> budgetBook() {
    return values.find(Privacy.BUDGET_BOOK);
  }

  /** How to train. */
  public TrainingOptions training() {
    return training;
  }

  /** Backend name. */
  public String backend() {
    return values.get(BackendOptions.BACKEND);
  }

  /** Worker threads, 0 for all. */
  public int threads() {
    return values.find(BackendOptions.THREADS).orElse(0);
  }

  /** Precision of the frozen matrices; empty for the backend's default. */
  public Optional<Precision> precision() {
    return values.find(BackendOptions.PRECISION);
  }

  /** Seed of the adapter's initial values; public. */
  public long seed() {
    return values.get(TrainingOptions.SEED);
  }

  /**
   * Seed of sampling and noise for tests; empty for the operating system's entropy. A seeded run
   * protects nothing.
   */
  public Optional<Long> testSeed() {
    return values.find(INSECURE_TEST_SEED);
  }

  /** Whether to go on with the run in {@link #output}. */
  public boolean resume() {
    return values.get(RESUME);
  }

  /** Whether to print exact training losses, which are private. */
  public boolean unsafeDiagnostics() {
    return values.get(UNSAFE_DIAGNOSTICS);
  }

  /** Whether the run has a guarantee to keep. */
  public boolean isPrivate() {
    return privacy.isPresent();
  }
}
