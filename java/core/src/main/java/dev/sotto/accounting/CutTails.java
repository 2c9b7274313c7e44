package dev.sotto.accounting;

import java.util.Locale;

/**
 * What the noise that is drawn lacks of the noise that is accounted for: it is made from 64-bit
 * uniforms, so its tails are cut.
 *
 * <p>Cutting changes the law of all draws of a run by at most {@link #variation} in total
 * variation, in both of two neighbouring runs. If the ideal run, of laws P' and Q', is (e,
 * d)-private, the real one has for every event E
 *
 * <pre>{@code P(E) <= P'(E) + v <= exp(e) Q'(E) + d + v <= exp(e) Q(E) + d + (1 + exp(e)) v}</pre>
 *
 * so a promised delta is accounted for with (1 + exp(e)) v less.
 *
 * @param variation the total variation v, at least 0
 */
public record CutTails(double variation) {
  /**
   * Two normals come from a radius sqrt(-2 log u) that no u below 2^-65 makes (Box and Muller);
   * charged to each of them.
   */
  private static final double GAUSSIAN = 0x1p-65;

  /** A quantile is taken at no probability below 2^-64. */
  private static final double INVERTED = 0x1p-64;

  /** Each round raises epsilon to what the last one asked for. */
  private static final int ROUNDS = 60;

  /** Checks the number. */
  public CutTails {
    if (!(variation >= 0)) {
      throw new IllegalArgumentException("a total variation is at least 0, got " + variation);
    }
  }

  /**
   * Of a run.
   *
   * @param release what a step releases about its sample; its law decides how it is drawn
   * @param coordinates draws a step
   * @param steps number of steps
   * @return what is cut of all draws together
   */
  public static CutTails of(PrivacyEvent release, long coordinates, long steps) {
    double draw = release instanceof GaussianEvent ? GAUSSIAN : INVERTED;
    return new CutTails(draw * coordinates * steps);
  }

  /** What is cut of the draws of both. */
  public CutTails and(CutTails other) {
    return new CutTails(variation + other.variation);
  }

  /**
   * The delta that is left to the accountant.
   *
   * @param epsilon the promised epsilon
   * @param delta the promised delta
   * @return delta - (1 + exp(epsilon)) variation
   * @throws IllegalArgumentException if nothing is left
   */
  public double accountedDelta(double epsilon, double delta) {
    double left = left(epsilon, delta);
    if (!(left > 0)) {
      throw new IllegalArgumentException(
          "delta "
              + delta
              + " is below what the cut tails of the noise cost at epsilon "
              + epsilon
              + ", "
              + charge(epsilon)
              + ": choose "
              + halfSpentAt(delta)
              + "a larger delta, fewer steps or fewer parameters");
    }
    return left;
  }

  /**
   * The epsilon of an event whose noise was drawn with these tails cut.
   *
   * @param accountant who accounts for the noise that is not cut
   * @param event what was released
   * @param delta the delta of the guarantee
   * @return a bracket; its upper end is infinite where delta is below what the tails cost
   */
  public EpsilonBound epsilon(Accountant accountant, PrivacyEvent event, double delta) {
    EpsilonBound bound = accountant.epsilon(event, delta);
    double lower = bound.lower();
    double promised = bound.upper();
    for (int round = 0; round < ROUNDS; round++) {
      double left = left(promised, delta);
      if (!(left > 0)) {
        break;
      }
      double epsilon = accountant.epsilonUpper(event, left);
      if (epsilon <= promised) {
        return new EpsilonBound(Math.min(lower, promised), promised);
      }
      // Monotone, so it settles; the push is for an accountant that is not, by its last digits.
      promised = round < ROUNDS / 2 ? epsilon : epsilon * (1 + 1e-9);
    }
    return new EpsilonBound(lower, Double.POSITIVE_INFINITY);
  }

  /** Beyond the epsilon at which the tails cost half of delta, they soon cost all of it. */
  private String halfSpentAt(double delta) {
    double largest = Math.log(delta / (2 * variation) - 1);
    return largest > 0
        ? String.format(Locale.ROOT, "an epsilon of at most %.1f, ", Math.floor(largest * 10) / 10)
        : "";
  }

  private double left(double epsilon, double delta) {
    return delta - charge(epsilon);
  }

  private double charge(double epsilon) {
    return variation == 0 ? 0 : (1 + Math.exp(epsilon)) * variation;
  }
}
