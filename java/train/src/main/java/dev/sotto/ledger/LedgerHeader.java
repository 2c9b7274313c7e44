package dev.sotto.ledger;

import dev.sotto.accounting.Accountant;
import dev.sotto.accounting.CutTails;
import dev.sotto.accounting.FilterAccountant;
import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.LaplaceEvent;
import dev.sotto.accounting.LmoEvent;
import dev.sotto.accounting.NeighbouringRelation;
import dev.sotto.accounting.PoissonSampledEvent;
import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.accounting.RepeatedEvent;
import dev.sotto.noise.NoiseLaw;
import java.util.List;
import java.util.OptionalDouble;

/**
 * The first line of a ledger: what was promised before the first draw. All of it is public.
 *
 * @param neighbours between whom the promise holds
 * @param target what the whole run may cost
 * @param sampling who takes part in a step, and how many steps there are
 * @param noise of every step
 * @param control who chooses clip norms and noise during the run; null if both are fixed
 * @param seeded whether sampling and noise came from a fixed test seed, in which case there is no
 *     guarantee at all
 * @param inputs digests of what the run started from
 */
public record LedgerHeader(
    Neighbours neighbours,
    Target target,
    Sampling sampling,
    Noise noise,
    Control control,
    boolean seeded,
    Inputs inputs) {
  /**
   * Data sets between which no release may tell.
   *
   * @param relation what one step of the definition of privacy is, always {@code ADD_OR_REMOVE_ONE}
   * @param unit what is added or removed: {@code record}, or the column whose values are the units
   * @param units N, treated as public
   */
  public record Neighbours(String relation, String unit, long units) {
    /** Data sets that differ in one unit. */
    public static Neighbours ofUnits(String unit, long units) {
      return new Neighbours(NeighbouringRelation.ADD_OR_REMOVE_ONE.name(), unit, units);
    }
  }

  /**
   * What the whole run may cost.
   *
   * @param epsilon ε
   * @param delta δ
   * @param accountant who found the noise for it; {@link #PAPER} proves nothing
   */
  public record Target(double epsilon, double delta, String accountant) {}

  /**
   * Who takes part in a step, and how many there are.
   *
   * @param probability q of every step, at most
   * @param steps T, the most that may be charged behind those of the first stage
   * @param first steps that come before, in which a part of the weights is trained alone; null for
   *     none
   */
  public record Sampling(double probability, long steps, Stage first) {
    /** All steps are alike. */
    public Sampling(double probability, long steps) {
      this(probability, steps, null);
    }
  }

  /**
   * Steps that are sampled and noised alike.
   *
   * @param probability q of each of its steps, at most
   * @param steps T, the most that may be charged in it
   * @param noise of each of its steps
   */
  public record Stage(double probability, long steps, Noise noise) {
    /** Checks the numbers, which may come from a file. */
    public Stage {
      if (!(probability > 0 && probability <= 1)) {
        throw new IllegalArgumentException("a sampling probability of " + probability);
      }
      if (steps < 1 || steps > RepeatedEvent.MAX_COUNT) {
        throw new IllegalArgumentException("a stage of " + steps + " steps");
      }
    }

    /** What one of its steps costs. */
    public PoissonSampledEvent step() {
      return new PoissonSampledEvent(probability, noise.event());
    }
  }

  /**
   * What protects a step.
   *
   * @param kind of noise
   * @param multiplier z of every step, at least
   * @param event what a step releases about its sample, at most; a Gaussian or an LMO event, of a
   *     single number also a Laplace event
   * @param coordinates noise draws a step, statistics included
   */
  public record Noise(NoiseLaw.Kind kind, double multiplier, PrivacyEvent event, long coordinates) {
    /** Checks that kind and event belong together. */
    public Noise {
      boolean agree =
          switch (kind) {
            case GAUSSIAN -> event instanceof GaussianEvent;
            case LAPLACE -> event instanceof LmoEvent || event instanceof LaplaceEvent;
            case LMO -> event instanceof LmoEvent;
          };
      if (coordinates < 1) {
        throw new IllegalArgumentException(
            "a step draws noise for " + coordinates + " coordinates");
      }
      if (!agree) {
        throw new IllegalArgumentException(
            "mechanism '" + kind.word() + "' does not belong to the event promised");
      }
    }
  }

  /**
   * What a run started from, as SHA-256 in hexadecimal digits. All of it is public: the private
   * records are not among it, because a digest of them would confirm a guess of the whole file.
   *
   * @param settings of {@code settings.json}
   * @param baseModel of all weights of the base model, as {@link
   *     dev.sotto.checkpoint.WeightsDigest#ofModel} takes it
   * @param startingAdapter of the weights' file of the adapter that training went on from; null if
   *     it started fresh
   * @param labelsFromPrivateData whether the names of the classes were read from private records,
   *     so that epsilon does not cover which there are
   */
  public record Inputs(
      String settings, String baseModel, String startingAdapter, boolean labelsFromPrivateData) {
    /** The same where the set of labels is public, or there are none. */
    public Inputs(String settings, String baseModel, String startingAdapter) {
      this(settings, baseModel, startingAdapter, false);
    }
  }

  /**
   * A controller, which sees public and released values only.
   *
   * @param name of the controller
   * @param startedFrom SHA-256 of the policy file it started from, which may reflect another run's
   *     releases; null if it started fresh
   * @param statisticsStddev standard deviation of the noise on each of a step's sums of centred
   *     clip indicators and losses; null where no statistics are released
   * @param filterOrder Renyi order of the filter that guards the budget; null where every step has
   *     the same noise multiplier, so that the clip norms alone are chosen
   */
  public record Control(
      String name, String startedFrom, Double statisticsStddev, Double filterOrder) {}

  /**
   * The account of arXiv 2405.18776, which bounds one coordinate. Noise that it chose for a vector
   * has no ε.
   */
  public static final String PAPER = "paper";

  /** What everything made under {@link #PAPER} says of itself. */
  public static final String NO_GUARANTEE = "not a differential privacy guarantee";

  /** Sums of squares are taken in another order when an event is read back. */
  private static final double ROUNDING = 1e-12;

  /** What is promised of each stage, in order; one where every step is alike. */
  public List<Stage> stages() {
    Stage last = new Stage(sampling.probability(), sampling.steps(), noise);
    return sampling.first() == null ? List.of(last) : List.of(sampling.first(), last);
  }

  /** The most steps that may be charged, of all stages. */
  public long steps() {
    return stages().stream().mapToLong(Stage::steps).sum();
  }

  /**
   * The stage of a step.
   *
   * @param step counted from 1 through all stages
   */
  Stage stageOf(long step) {
    List<Stage> stages = stages();
    return step <= stages.get(0).steps() ? stages.get(0) : stages.get(stages.size() - 1);
  }

  /** What the sampler cuts of the noise of {@code charged} steps. */
  CutTails cutTails(long charged) {
    Stage first = stages().get(0);
    long begun = sampling.first() == null ? 0 : Math.min(charged, first.steps());
    return cut(first.noise(), begun).and(cut(noise, charged - begun));
  }

  private static CutTails cut(Noise noise, long charged) {
    return CutTails.of(noise.event(), noise.coordinates(), charged);
  }

  /** The δ that is left for a filter once the cut tails of the whole run are paid. */
  double accountedDelta() {
    return cutTails(steps()).accountedDelta(target.epsilon(), target.delta());
  }

  /** Whether an ε can be derived from what is charged under this promise. */
  public boolean provesEpsilon() {
    return !PAPER.equals(target.accountant());
  }

  /** The order of the filter that guards the budget; empty where every step has the same noise. */
  public OptionalDouble filterOrder() {
    return control == null || control.filterOrder() == null
        ? OptionalDouble.empty()
        : OptionalDouble.of(control.filterOrder());
  }

  /**
   * Who may say what a run under this promise has cost, the tightest first. Where the noise was
   * chosen from earlier releases that is the filter's account alone.
   *
   * @return empty if nobody may
   */
  public List<Accountant> accountants() {
    if (!provesEpsilon()) {
      return List.of();
    }
    return filterOrder().isPresent()
        ? List.of(new FilterAccountant(control.filterOrder()))
        : List.of(Accountant.pld(), Accountant.rdp());
  }

  /**
   * Whether a step with this event keeps the promise.
   *
   * @param step counted from 1 through both stages
   */
  boolean covers(long step, PrivacyEvent event) {
    Stage stage = stageOf(step);
    return event instanceof PoissonSampledEvent sampled
        && sampled.samplingProbability() <= stage.probability()
        && covers(stage.noise(), sampled.event());
  }

  private static boolean covers(Noise noise, PrivacyEvent event) {
    if (noise.event() instanceof LmoEvent promised) {
      return event instanceof LmoEvent lmo && covers(promised, lmo);
    }
    if (noise.event() instanceof LaplaceEvent promised) {
      return event instanceof LaplaceEvent laplace
          && laplace.scale() / laplace.sensitivity()
              >= promised.scale() / promised.sensitivity() * (1 - ROUNDING);
    }
    return event instanceof GaussianEvent gaussian
        && gaussian.noiseMultiplier() >= noise.multiplier() * (1 - ROUNDING);
  }

  /** The same law and shape, and no group with less noise for its sensitivity. */
  private static boolean covers(LmoEvent promised, LmoEvent event) {
    if (!event.law().equals(promised.law()) || event.groups().size() != promised.groups().size()) {
      return false;
    }
    for (int k = 0; k < event.groups().size(); k++) {
      LmoEvent.Group group = event.groups().get(k);
      LmoEvent.Group limit = promised.groups().get(k);
      if (group.dimension() != limit.dimension()
          || group.shift() > limit.shift() * (1 + ROUNDING)) {
        return false;
      }
    }
    return true;
  }
}
