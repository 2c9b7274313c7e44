package dev.sotto.accounting;

import dev.sotto.noise.LmoNoise;

/**
 * Renyi divergences of additive noise with a {@link LmoNoise} law p: exact ones for one coordinate,
 * bounds for a vector under an L2 sensitivity, and the formula of arXiv 2405.18776, which is not a
 * guarantee for a vector.
 */
public final class LmoDivergence {
  private LmoDivergence() {}

  /**
   * The divergence between the noise and its shift, D_a(p(x - D) || p(x)), by quadrature with a
   * relative error below 1e-8. It grows with the shift and is at most log p(0) - log p(D). Because
   * p is symmetric it is the same in both directions.
   *
   * @param law the law of the noise
   * @param order the Renyi order a, finite and above 1
   * @param shift D, at least 0, in the unit of the noise
   * @return the divergence in nats
   */
  public static double renyiExact(LmoNoise law, double order, double shift) {
    requireOrder(order);
    requireShift(shift, "shift");
    return shift == 0 ? 0 : new ShiftMoment(law, shift).divergence(order);
  }

  /**
   * The largest divergence of a vector with independent noise on every coordinate, over all shifts
   * x of L2 norm at most C: the supremum of the sum of R(x_i), R as in {@link #renyiExact}.
   *
   * <p>If s -> R(sqrt s) is concave on [0, C^2], the supremum is d R(C / sqrt d). It is for most
   * laws, but not for all: inverse scales with a gamma shape well below 1 break it at high orders.
   * Concavity is checked numerically: the slopes of the chords through s = 0 and s = C^2 4^-j for j
   * = 14 to 0 must not rise from one to the next by more than 1e-6 of their size. Where the check
   * fails the result is an upper bound within a few percent of the supremum instead, d times a
   * concave majorant at C^2 / d.
   *
   * @param law the law of the noise
   * @param order the Renyi order, finite and above 1
   * @param dimension the number of coordinates d, at least 1
   * @param sensitivity C, at least 0, in the unit of the noise
   * @return the divergence in nats
   */
  public static double renyiVector(LmoNoise law, double order, long dimension, double sensitivity) {
    requireOrder(order);
    requireShift(sensitivity, "sensitivity");
    if (dimension < 1) {
      throw new IllegalArgumentException("dimension must be at least 1, got " + dimension);
    }
    if (dimension == 1 || sensitivity == 0) {
      return renyiExact(law, order, sensitivity);
    }
    SquaredShift squared = new SquaredShift(law, order, sensitivity);
    return squared.concave()
        ? dimension * renyiExact(law, order, sensitivity / Math.sqrt(dimension))
        : dimension * squared.majorant(sensitivity / dimension * sensitivity);
  }

  /**
   * The divergence of arXiv 2405.18776, log[(a M((a-1) D) + (a-1) M(-a D)) / (2a-1)] / (a-1), with
   * M the moment generating function of the inverse scale. It bounds {@link #renyiExact} for one
   * coordinate and says nothing of a vector; for replication only, see {@link PaperAccount}.
   *
   * @param law the law of the noise
   * @param order the Renyi order a, finite and above 1
   * @param shift D, at least 0, in the unit of the noise
   * @return the value of the formula, infinite at and beyond the pole of M
   */
  public static double renyiPaper(LmoNoise law, double order, double shift) {
    requireOrder(order);
    requireShift(shift, "shift");
    if ((order - 1) * shift >= law.pole()) {
      return Double.POSITIVE_INFINITY;
    }
    double up = law.logMgf((order - 1) * shift);
    double down = law.logMgf(-order * shift);
    double share = order / (2 * order - 1);
    double log =
        up < 1
            ? Math.log1p(share * Math.expm1(up) + (1 - share) * Math.expm1(down))
            : up + Math.log(share + (1 - share) * Math.exp(down - up));
    return log / (order - 1);
  }

  private static void requireOrder(double order) {
    if (!(order > 1) || Double.isInfinite(order)) {
      throw new IllegalArgumentException(
          "Renyi order must be a finite number above 1, got " + order);
    }
  }

  private static void requireShift(double shift, String name) {
    if (!(shift >= 0) || Double.isInfinite(shift)) {
      throw new IllegalArgumentException(
          name + " must be a finite number of at least 0, got " + shift);
    }
  }
}
