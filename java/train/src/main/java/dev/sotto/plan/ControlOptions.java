package dev.sotto.plan;

import dev.sotto.base.Figures;
import dev.sotto.base.InputException;
import dev.sotto.control.Controllers;
import dev.sotto.settings.Kept;
import dev.sotto.settings.Range;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Who chooses clip norms, and on request noise, while a run is going on. Clipping is per adapter
 * and noise Gaussian.
 */
public final class ControlOptions {
  /** What the clip norms that a controller starts from are in proportion to. */
  public enum ClipBase {
    /** Nothing: equal ones. */
    EQUAL,
    /** Gradient norms on public records. */
    PUBLIC
  }

  /** What a learning controller is paid by. */
  public enum Reward {
    /** Perplexity on public validation data, where there is any. */
    VALIDATION,
    /** The privatised training loss. */
    PRIVATE_LOSS
  }

  /** Name of the controller. */
  public static final Setting<String> CONTROLLER =
      Setting.word(
              "controller",
              "NAME",
              Controllers.names(),
              "chooses each adapter's clip norm: " + String.join(", ", Controllers.names()))
          .kept(Kept.ALWAYS_EQUAL_ON_RESUME)
          .insteadOf(Privacy.CLIPPING);

  /** Steps between decisions. */
  public static final Setting<Integer> CONTROL_INTERVAL =
      Setting.count("control-interval", "N", 1, "steps between its decisions; default: %s")
          .or(5)
          .kept(Kept.ALWAYS_EQUAL_ON_RESUME);

  /** Whether it chooses the noise too: its account is the only one that holds. */
  public static final Setting<Boolean> ADAPT_NOISE =
      Setting.flag(
              "adapt-noise", "let it choose the noise too, under a Renyi filter: costs tightness")
          .kept(Kept.ALWAYS_EQUAL_ON_RESUME)
          .insteadOf(Privacy.ACCOUNTANT);

  /** Policy file of another run. */
  public static final Setting<Path> CONTROLLER_FROM =
      Setting.path("controller-from", "FILE", "policy.json of another run to start from")
          .kept(Kept.ALWAYS_EQUAL_ON_RESUME);

  /** What its clip norms start from. */
  public static final Setting<ClipBase> CLIP_BASE =
      Setting.choice(
              "clip-base",
              "KIND",
              ClipBase.class,
              "clip norms it moves about: equal (default), or public: as gradient norms on public"
                  + " records")
          .or(ClipBase.EQUAL)
          .kept(Kept.ALWAYS_EQUAL_ON_RESUME);

  /** Public records for such clip norms. */
  public static final Setting<Path> PUBLIC_DATA =
      Setting.path(
              "public-data",
              "FILE",
              "PUBLIC records, without any protection, for such clip norms; default: the"
                  + " validation data")
          .kept(Kept.ALWAYS_EQUAL_ON_RESUME);

  /** What it is paid by. */
  public static final Setting<Reward> REWARD =
      Setting.choice(
              "reward", "KIND", Reward.class, "validation (default where given) or private-loss")
          .or(Reward.VALIDATION)
          .kept(Kept.ALWAYS_EQUAL_ON_RESUME);

  /** What statistics cost. */
  public static final Setting<Double> STATISTICS_COST =
      Setting.number(
              "statistics-cost",
              "X",
              Range.COST,
              "relative rise of noise that pays for statistics; default: %s")
          .or(0.01)
          .kept(Kept.ALWAYS_EQUAL_ON_RESUME);

  /** Where a unit's loss is cut off. */
  public static final Setting<Double> LOSS_BOUND =
      Setting.number(
              "loss-bound",
              "L",
              Range.LOSS_BOUND,
              "nats per token where a unit's loss is cut off; default: %s")
          .or(10.0)
          .kept(Kept.ALWAYS_EQUAL_ON_RESUME);

  /** All of them. */
  public static final Section SECTION =
      Section.of(
          "Control",
          CONTROLLER,
          CONTROLLER_FROM,
          CONTROL_INTERVAL,
          ADAPT_NOISE,
          CLIP_BASE,
          PUBLIC_DATA,
          REWARD,
          STATISTICS_COST,
          LOSS_BOUND);

  private final Values values;

  private ControlOptions(Values values) {
    this.values = values;
  }

  /**
   * Reads the settings.
   *
   * @return empty without a controller
   * @throws InputException if settings of a controller are given without one
   */
  public static Optional<ControlOptions> of(Values values) {
    if (values.has(CONTROLLER)) {
      Controllers.requireAvailable(values.get(CONTROLLER));
      values.refuseTogether(CONTROLLER, Privacy.CLIPPING);
      if (values.get(ADAPT_NOISE)) {
        values.refuseTogether(ADAPT_NOISE, Privacy.ACCOUNTANT);
      }
      return Optional.of(new ControlOptions(values));
    }
    for (Setting<?> setting : SECTION.settings()) {
      if (values.has(setting)) {
        throw new InputException(
            values.named(setting) + " is for a run with --controller; leave it out, or choose one");
      }
    }
    return Optional.empty();
  }

  Values values() {
    return values;
  }

  /** Name, one of {@code Controllers.names()}. */
  public String controller() {
    return values.get(CONTROLLER);
  }

  /** Steps between decisions. */
  public int interval() {
    return values.get(CONTROL_INTERVAL);
  }

  /**
   * Whether the controller also chooses the noise multiplier, under a Rényi filter in place of the
   * tight account.
   */
  public boolean adaptNoise() {
    return values.get(ADAPT_NOISE);
  }

  /** Policy file of another run; empty to begin without one. */
  public Optional<Path> startFrom() {
    return values.find(CONTROLLER_FROM);
  }

  /**
   * Whether the clip norms that the controller starts from, and moves about, are in proportion to
   * gradient norms on public records; equal ones otherwise. {@code public-static} takes public ones
   * anyway.
   */
  public boolean publicBase() {
    return values.get(CLIP_BASE) == ClipBase.PUBLIC;
  }

  /** Those records; empty to take the validation data. */
  public Optional<Path> publicData() {
    return values.find(PUBLIC_DATA);
  }

  /**
   * By how much the noise multiplier of the gradient rises, relatively, to pay for clip indicators
   * and losses, for controllers that read them.
   */
  public double statisticsCost() {
    return values.get(STATISTICS_COST);
  }

  /** Where a unit's loss is cut off in these statistics, in nats per token. */
  public double lossBound() {
    return values.get(LOSS_BOUND);
  }

  /**
   * Whether the utility is the privatised training loss even where there is public validation data.
   */
  public boolean privatizedReward() {
    return values.get(REWARD) == Reward.PRIVATE_LOSS;
  }

  /** Whether gradient norms on public records are needed. */
  boolean usesPublicNorms() {
    return publicBase() || Controllers.usesPublicNorms(controller());
  }

  /**
   * Checks the interval against the length of the run.
   *
   * @throws InputException if the controller would decide only once
   */
  void requireWithin(long steps) {
    if (interval() > steps) {
      throw new InputException(
          "a control interval of "
              + Figures.count(interval(), "step")
              + " is longer than the run of "
              + steps
              + ": give --control-interval "
              + Math.max(1, steps / 10)
              + " or a longer run");
    }
  }
}
