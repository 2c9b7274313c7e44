package dev.sotto.accounting;

import dev.sotto.noise.LmoNoise;

/**
 * A Gaussian mechanism that is at most as private as LMO noise on a vector under an L2 clip, so
 * that the tight account of the one bounds the other.
 *
 * <p>Let k be a number such that for every shift x of one coordinate up to C the pair p(. - x), p
 * has no larger hockey-stick divergence, at any threshold, than two unit normals k x apart. A unit
 * that moves the coordinates by x_1, ..., x_d then costs at most the composition of Gaussian pairs
 * k x_1, ..., k x_d apart (domination survives composition: Zhu, Dong and Wang 2022, Theorem 10),
 * which is one Gaussian pair k (sum x_i^2)^(1/2) apart, at most k C: noise multiplier 1/(k C),
 * whatever d and whatever direction the unit moves the vector in. No expansion for large d is
 * involved, so this holds for d = 2 as for d = 10^9. It is not tight there: for d to infinity noise
 * acts like a Gaussian with 1/k the inverse root of the Fisher information, while k itself is at
 * least sqrt(2 pi) p(0), some 25% more for Laplace noise.
 *
 * <p><b>What is computed.</b> k is the largest need over {@value #SHIFTS} shifts from C down to
 * 10^-5 of the mean absolute noise (below which the need is constant to that relative size) and at
 * each over {@value #THRESHOLDS} thresholds, raised by {@value #MARGIN} of itself to cover what
 * lies between the points. This is a numerical check, not a proof; the needs are smooth in both,
 * and a test compares with finer grids.
 */
final class DominatingGaussian {
  static final int SHIFTS = 40;
  static final int THRESHOLDS = 60;
  static final double MARGIN = 2e-3;

  private static final double SMALLEST = 1e-5;

  private DominatingGaussian() {}

  /**
   * The k above, in inverse units of the noise.
   *
   * @param law the law of the noise on one coordinate
   * @param largestShift C in the unit of the law
   */
  static double slope(LmoNoise law, double largestShift) {
    return (1 + MARGIN) * slope(law, largestShift, SHIFTS, THRESHOLDS);
  }

  static double slope(LmoNoise law, double largestShift, int shifts, int thresholds) {
    // No less than what the far limit of many coordinates needs.
    double slope = Math.sqrt(law.fisherInformation());
    double smallest = Math.min(SMALLEST / law.meanInverseScale(), 0.5 * largestShift);
    double ratio = Math.pow(smallest / largestShift, 1.0 / (shifts - 1));
    double shift = largestShift;
    for (int i = 0; i < shifts; i++) {
      slope = Math.max(slope, need(law, shift, slope, thresholds));
      shift *= ratio;
    }
    return slope;
  }

  /** The larger of {@code atLeast} and what this shift needs. */
  private static double need(LmoNoise law, double shift, double atLeast, int thresholds) {
    ScalarLmoBase base = new ScalarLmoBase(law, shift);
    double largest = base.largestLoss();
    double slope = atLeast;
    for (int j = 0; j < thresholds; j++) {
      double t = largest * j / thresholds;
      double delta = base.hockeyStick(t);
      if (delta > 0 && hockeyStick(slope * shift, t) < delta) {
        slope = solve(shift, t, delta, slope);
      }
    }
    return slope;
  }

  private static double hockeyStick(double distance, double t) {
    return new GaussianBase(1 / distance).hockeyStick(t);
  }

  private static double solve(double shift, double t, double delta, double tooSmall) {
    double low = tooSmall;
    double high = 2 * tooSmall;
    while (hockeyStick(high * shift, t) < delta) {
      low = high;
      high *= 2;
    }
    while (high - low > 1e-7 * high) {
      double middle = 0.5 * (low + high);
      if (hockeyStick(middle * shift, t) < delta) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return high;
  }
}
