package dev.sotto.plan;

import dev.sotto.base.InputException;
import dev.sotto.settings.Kept;
import dev.sotto.settings.Range;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;
import java.util.List;
import java.util.Optional;

/** Which weights are trained, and in which order. */
public final class TuneOptions {
  private static final int MOST_STEPS = 10_000_000;

  /** What is trained. */
  public enum Tuned {
    /** The LoRA pairs, and the head where there is one. */
    ADAPTER,
    /** The head alone, on what the frozen model makes of each text. */
    HEAD
  }

  /** What is trained. */
  public static final Setting<Tuned> TUNE =
      Setting.choice(
              "tune",
              "WHAT",
              Tuned.class,
              "adapter (default): LoRA, and the head where labels are learned; head: the head"
                  + " alone, on features that are computed once")
          .or(Tuned.ADAPTER)
          .kept(Kept.EQUAL_ON_RESUME);

  /** Whether A stays as it is drawn. */
  public static final Setting<Boolean> FREEZE_A =
      Setting.flag(
              "freeze-a",
              "train B alone beside an A of orthonormal rows that --seed draws, or the A of"
                  + " --adapter: about half the numbers")
          .kept(Kept.EQUAL_ON_RESUME);

  /** ε of the head's own stage. */
  public static final Setting<Double> HEAD_FIRST =
      Setting.number(
              "head-first",
              "E",
              Range.EPSILON,
              "train the head alone first, with so much of --epsilon; then adapter and head"
                  + " together with the rest")
          .kept(Kept.EQUAL_ON_RESUME);

  /** Steps of the head's own stage. */
  public static final Setting<Integer> HEAD_STEPS =
      Setting.count("head-steps", "T", 1, MOST_STEPS, "steps of --head-first; default: %s")
          .or(40)
          .kept(Kept.EQUAL_ON_RESUME);

  /** q of the head's own stage. */
  public static final Setting<Double> HEAD_SAMPLING_RATE =
      Setting.number(
              "head-sampling-rate",
              "Q",
              Range.SAMPLING_RATE,
              "probability of each unit to be in a batch of --head-first; default: %s")
          .or(0.25)
          .kept(Kept.EQUAL_ON_RESUME);

  /** Peak rate of the head's own stage. */
  public static final Setting<Double> HEAD_LEARNING_RATE =
      Setting.number(
              "head-learning-rate",
              "R",
              Range.LEARNING_RATE,
              "peak rate of --head-first; default: %s")
          .or(0.03)
          .kept(Kept.EQUAL_ON_RESUME);

  /** Those of the head's own stage. */
  static final List<Setting<?>> OF_HEAD_FIRST =
      List.of(HEAD_STEPS, HEAD_SAMPLING_RATE, HEAD_LEARNING_RATE);

  /** All of them. */
  public static final Section SECTION =
      Section.of(
          "What is trained",
          TUNE,
          FREEZE_A,
          HEAD_FIRST,
          HEAD_STEPS,
          HEAD_SAMPLING_RATE,
          HEAD_LEARNING_RATE);

  /**
   * A stage in which the head alone is trained.
   *
   * @param epsilon what of the run's ε it may spend
   * @param steps T of the stage
   * @param samplingProbability q of the stage
   * @param learningRate peak
   */
  public record HeadFirst(
      double epsilon, long steps, double samplingProbability, double learningRate) {}

  private final Values values;

  private TuneOptions(Values values) {
    this.values = values;
  }

  /**
   * Reads the settings.
   *
   * @param kind what is learned
   * @throws InputException if they do not go together
   */
  static TuneOptions of(Values values, TaskOptions.Kind kind) {
    TuneOptions options = new TuneOptions(values);
    OF_HEAD_FIRST.forEach(setting -> values.requireWith(setting, HEAD_FIRST));
    boolean first = values.has(HEAD_FIRST);
    boolean alone = options.headAlone();
    Setting<?> asked = first ? HEAD_FIRST : TUNE;
    if ((first || alone) && kind == TaskOptions.Kind.GENERATE) {
      throw new InputException(
          values.shown(asked)
              + " trains a head that scores labels; name their column by --label-column");
    }
    if (alone && options.freezeA()) {
      throw new InputException(
          values.shown(TUNE)
              + " trains no LoRA pair, so no A need be frozen; leave out --freeze-a");
    }
    if (first && alone) {
      throw new InputException(
          values.shown(TUNE) + " trains nothing after the head; leave out --head-first");
    }
    if (first || alone) {
      values.refuseTogether(asked, ControlOptions.CONTROLLER);
    }
    if (first) {
      values.refuseTogether(HEAD_FIRST, Privacy.NO_PRIVACY);
    }
    return options;
  }

  /** Whether nothing but the head is trained. */
  public boolean headAlone() {
    return values.get(TUNE) == Tuned.HEAD;
  }

  /** Whether every A stays as it is, and B alone is trained. */
  public boolean freezeA() {
    return values.get(FREEZE_A);
  }

  /** The head's own stage before the others, if there is one. */
  public Optional<HeadFirst> headFirst() {
    return values
        .find(HEAD_FIRST)
        .map(
            epsilon ->
                new HeadFirst(
                    epsilon,
                    values.get(HEAD_STEPS),
                    values.get(HEAD_SAMPLING_RATE),
                    values.get(HEAD_LEARNING_RATE)));
  }
}
