package dev.sotto.ledger;

import dev.sotto.accounting.Accountant;
import dev.sotto.accounting.CutTails;
import dev.sotto.accounting.FilterAccountant;
import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.LaplaceEvent;
import dev.sotto.accounting.LmoEvent;
import dev.sotto.accounting.PoissonSampledEvent;
import dev.sotto.accounting.PrivacyEvent;
import java.util.List;
import java.util.OptionalDouble;

/**
 * The first line of a ledger: what was promised before the first draw. All of it is public.
 *
 * @param neighbouringRelation what one step of the definition of privacy is, always {@code
 *     ADD_OR_REMOVE_ONE}
 * @param privacyUnit what is added or removed: {@code record}, or the column whose values are the
 *     units
 * @param units N, treated as public
 * @param targetEpsilon ε that the whole run may cost
 * @param delta δ
 * @param samplingProbability q of every step, at most
 * @param mechanism {@code gaussian}, {@code laplace} or {@code lmo}
 * @param noiseMultiplier z of every step, at least
 * @param release what a step releases about its sample, at most; a Gaussian or an LMO event, of a
 *     single number also a Laplace event
 * @param steps T, the most that may be charged
 * @param accountant who found z; {@link #PAPER} proves nothing
 * @param control who chooses clip norms and noise during the run; null if both are fixed
 * @param seeded whether sampling and noise came from a fixed test seed, in which case there is no
 *     guarantee at all
 * @param coordinates noise draws a step, statistics included
 * @param inputs digests of what the run started from
 */
public record LedgerHeader(
    String neighbouringRelation,
    String privacyUnit,
    long units,
    double targetEpsilon,
    double delta,
    double samplingProbability,
    String mechanism,
    double noiseMultiplier,
    PrivacyEvent release,
    long steps,
    String accountant,
    Control control,
    boolean seeded,
    long coordinates,
    Inputs inputs) {
  /**
   * What a run started from, as SHA-256 in hexadecimal digits. All of it is public: the private
   * records are not among it, because a digest of them would confirm a guess of the whole file.
   *
   * @param settings of {@code settings.json}
   * @param baseModel of all weights of the base model, as {@link
   *     dev.sotto.checkpoint.WeightsDigest#ofModel} takes it
   * @param startingAdapter of the weights' file of the adapter that training went on from; null if
   *     it started fresh
   */
  public record Inputs(String settings, String baseModel, String startingAdapter) {}

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

  private static final String GAUSSIAN = "gaussian";
  private static final String LAPLACE = "laplace";

  /** Sums of squares are taken in another order when an event is read back. */
  private static final double ROUNDING = 1e-12;

  /** Checks that mechanism and release belong together. */
  public LedgerHeader {
    boolean agree =
        GAUSSIAN.equals(mechanism)
            ? release instanceof GaussianEvent
            : release instanceof LmoEvent && (LAPLACE.equals(mechanism) || "lmo".equals(mechanism))
                || release instanceof LaplaceEvent && LAPLACE.equals(mechanism);
    if (coordinates < 1) {
      throw new IllegalArgumentException("a step draws noise for " + coordinates + " coordinates");
    }
    if (!agree) {
      throw new IllegalArgumentException(
          "mechanism '" + mechanism + "' does not belong to the release promised");
    }
  }

  /** What the sampler cuts of the noise of {@code charged} steps. */
  CutTails cutTails(long charged) {
    return CutTails.of(release, coordinates, charged);
  }

  /** The δ that is left for a filter once the cut tails of the whole run are paid. */
  double accountedDelta() {
    return cutTails(steps).accountedDelta(targetEpsilon, delta);
  }

  /** Whether an ε can be derived from what is charged under this promise. */
  public boolean provesEpsilon() {
    return !PAPER.equals(accountant);
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

  /** Whether a step with this event keeps the promise. */
  boolean covers(PrivacyEvent event) {
    return event instanceof PoissonSampledEvent sampled
        && sampled.samplingProbability() <= samplingProbability
        && coversRelease(sampled.event());
  }

  private boolean coversRelease(PrivacyEvent event) {
    if (release instanceof LmoEvent promised) {
      return event instanceof LmoEvent lmo && covers(promised, lmo);
    }
    if (release instanceof LaplaceEvent promised) {
      return event instanceof LaplaceEvent laplace
          && laplace.scale() / laplace.sensitivity()
              >= promised.scale() / promised.sensitivity() * (1 - ROUNDING);
    }
    return event instanceof GaussianEvent gaussian
        && gaussian.noiseMultiplier() >= noiseMultiplier * (1 - ROUNDING);
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
