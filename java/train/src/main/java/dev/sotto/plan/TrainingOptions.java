package dev.sotto.plan;

import dev.sotto.base.Figures;
import dev.sotto.base.InputException;
import dev.sotto.optimizer.LearningRate;
import dev.sotto.optimizer.OptimizerOptions;
import dev.sotto.settings.Kept;
import dev.sotto.settings.Range;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;

/** How long and how fast to train. */
public final class TrainingOptions {
  private static final long MOST_STEPS = 10_000_000;

  /** Expected batch size qN. */
  public static final Setting<Double> BATCH_SIZE =
      Setting.number(
              "batch-size", "B", Range.BATCH_SIZE, "expected batch in privacy units; default: %s")
          .or(256.0);

  /** q. */
  public static final Setting<Double> SAMPLING_RATE =
      Setting.number(
              "sampling-rate",
              "Q",
              Range.SAMPLING_RATE,
              "instead: probability of each unit to be in a batch")
          .insteadOf(BATCH_SIZE);

  /** T·q. */
  public static final Setting<Double> EPOCHS =
      Setting.number("epochs", "E", Range.EPOCHS, "expected passes over the data; default: %s")
          .or(3.0);

  /** T. */
  public static final Setting<Long> STEPS =
      Setting.whole("steps", "T", 1, MOST_STEPS, "instead: number of steps").insteadOf(EPOCHS);

  /** How often units are drawn, and for how long. */
  public static final Section SCHEDULE =
      Section.of("Schedule", BATCH_SIZE, SAMPLING_RATE, EPOCHS, STEPS);

  /** Kind of optimizer. */
  public static final Setting<OptimizerOptions.Kind> OPTIMIZER =
      Setting.choice("optimizer", "NAME", OptimizerOptions.Kind.class, "%s")
          .or(OptimizerOptions.Kind.ADAMW)
          .kept(Kept.ALWAYS_EQUAL_ON_RESUME);

  /** Momentum of SGD. */
  public static final Setting<Double> MOMENTUM =
      Setting.number("momentum", "X", Range.FRACTION, "of sgd; default: %s")
          .or(0.9)
          .kept(Kept.ALWAYS_EQUAL_ON_RESUME);

  /** Decoupled weight decay. */
  public static final Setting<Double> WEIGHT_DECAY =
      Setting.number("weight-decay", "X", Range.WEIGHT_DECAY, "decoupled weight decay; default: %s")
          .or(0.0)
          .kept(Kept.ALWAYS_EQUAL_ON_RESUME);

  /** Peak rate. */
  public static final Setting<Double> LEARNING_RATE =
      Setting.number("learning-rate", "R", Range.LEARNING_RATE, "peak rate; default: %s")
          .or(1e-3)
          .kept(Kept.ALWAYS_EQUAL_ON_RESUME);

  /** Steps of linear rise. */
  public static final Setting<Long> WARMUP_STEPS =
      Setting.whole("warmup-steps", "N", 0, MOST_STEPS, "steps of linear rise; default: %s")
          .or(0L)
          .kept(Kept.ALWAYS_EQUAL_ON_RESUME);

  /** Share of the steps whose weights are averaged. */
  public static final Setting<Double> AVERAGE =
      Setting.number(
              "average",
              "F",
              Range.FRACTION,
              "release the mean of the weights over this last share of the planned steps; default:"
                  + " %s, the last weights")
          .or(0.0)
          .kept(Kept.EQUAL_ON_RESUME);

  /** Shape after the warm-up. */
  public static final Setting<LearningRate.Decay> DECAY =
      Setting.choice("decay", "KIND", LearningRate.Decay.class, "after the warm-up: %s")
          .or(LearningRate.Decay.LINEAR)
          .kept(Kept.ALWAYS_EQUAL_ON_RESUME);

  /** Tokens of a physical micro-batch. */
  public static final Setting<Integer> MICRO_BATCH_TOKENS =
      Setting.count(
              "micro-batch-tokens", "N", 1, "tokens at a time, bounds the memory; default: %s")
          .or(2048);

  /** Steps between checkpoints. */
  public static final Setting<Integer> CHECKPOINT_EVERY =
      Setting.count("checkpoint-every", "N", 1, "steps between checkpoints; default: %s").or(10);

  /** Steps between measurements on public records. */
  public static final Setting<Integer> VALIDATE_EVERY =
      Setting.count(
              "validate-every",
              "N",
              1,
              "steps between measurements on the public validation data; default: the end alone")
          .kept(Kept.IN_RUN_FILE);

  /** Seed of the adapter's initial values. */
  public static final Setting<Long> SEED =
      Setting.seed("seed", "of the adapter's initial values, public; default: %s")
          .or(0L)
          .kept(Kept.ALWAYS_EQUAL_ON_RESUME);

  /** Optimizer and memory. */
  public static final Section SECTION =
      Section.of(
          "Training",
          OPTIMIZER,
          MOMENTUM,
          WEIGHT_DECAY,
          LEARNING_RATE,
          WARMUP_STEPS,
          DECAY,
          AVERAGE,
          MICRO_BATCH_TOKENS,
          CHECKPOINT_EVERY,
          VALIDATE_EVERY,
          SEED);

  private final Values values;

  private TrainingOptions(Values values) {
    this.values = values;
  }

  /**
   * Reads the settings.
   *
   * @throws InputException if settings exclude each other
   */
  public static TrainingOptions of(Values values) {
    values.refuseAlternatives(SCHEDULE.settings());
    boolean sgd = values.get(OPTIMIZER) == OptimizerOptions.Kind.SGD;
    if (values.has(MOMENTUM) && !sgd) {
      throw new InputException(
          values.named(MOMENTUM) + " is for --optimizer sgd; leave it out, or choose sgd");
    }
    return new TrainingOptions(values);
  }

  /** Expected batch size qN in privacy units; 0 where {@link #SAMPLING_RATE} says it. */
  public double batchSize() {
    return values.has(SAMPLING_RATE) ? 0 : values.get(BATCH_SIZE);
  }

  /** T; 0 where {@link #EPOCHS} says it. */
  public long steps() {
    return values.find(STEPS).orElse(0L);
  }

  /** Kind and constants. */
  public OptimizerOptions optimizer() {
    OptimizerOptions.Kind kind = values.get(OPTIMIZER);
    double momentum = kind == OptimizerOptions.Kind.SGD ? values.get(MOMENTUM) : 0;
    return new OptimizerOptions(kind, momentum, values.get(WEIGHT_DECAY));
  }

  /** Peak rate. */
  public double learningRate() {
    return values.get(LEARNING_RATE);
  }

  /** Steps of linear rise. */
  public long warmupSteps() {
    return values.get(WARMUP_STEPS);
  }

  /** Share of the planned steps, the last ones, whose weights are averaged; 0 for none. */
  public double average() {
    return values.get(AVERAGE);
  }

  /** Shape after the warm-up. */
  public LearningRate.Decay decay() {
    return values.get(DECAY);
  }

  /** Tokens of a physical micro-batch. */
  public int microBatchTokens() {
    return values.get(MICRO_BATCH_TOKENS);
  }

  /** Steps between checkpoints. */
  public int checkpointEvery() {
    return values.get(CHECKPOINT_EVERY);
  }

  /** Whether to measure on the public validation data after a step. */
  boolean validatesAfter(long step) {
    return values.find(VALIDATE_EVERY).map(every -> step % every == 0).orElse(false);
  }

  /** q for {@code units} privacy units. */
  double samplingProbability(long units) {
    if (values.has(SAMPLING_RATE)) {
      return values.get(SAMPLING_RATE);
    }
    double batchSize = batchSize();
    if (batchSize > units) {
      throw new InputException(
          values.shown(BATCH_SIZE)
              + (values.has(BATCH_SIZE) ? "" : ", the default,")
              + " exceeds the "
              + Figures.count(units, "privacy unit")
              + ": the less of them a batch holds, the more its sampling hides each; give"
              + " --batch-size "
              + usualBatch(units)
              + ", or another up to "
              + units);
    }
    return batchSize / units;
  }

  /** A hundredth of the units where that is enough to learn from, else up to 16 of them. */
  private static long usualBatch(long units) {
    return Math.max(Math.min(16, Math.max(1, units / 4)), units / 100);
  }

  /** T for a sampling probability. */
  long stepsFor(double samplingProbability) {
    return values.find(STEPS).orElseGet(() -> stepsOf(values.get(EPOCHS), samplingProbability));
  }

  private static long stepsOf(double epochs, double samplingProbability) {
    double steps = epochs / samplingProbability;
    if (steps > MOST_STEPS) {
      throw new InputException(
          Figures.number(epochs)
              + " epochs at sampling rate "
              + Figures.number(samplingProbability)
              + " are "
              + Figures.number(steps)
              + " steps, more than "
              + Figures.count(MOST_STEPS)
              + "; give a greater --batch-size, or --steps");
    }
    return Math.max(1, Math.round(steps));
  }
}
