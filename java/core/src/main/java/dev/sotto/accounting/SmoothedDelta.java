package dev.sotto.accounting;

/**
 * Bounds on the delta of smoothed losses in one direction, for every epsilon up to the one that it
 * was made for.
 *
 * @param sum the sum, or null if it was too much work
 * @param theta its tilt
 * @param small what outcomes without a large release can cost, if they are not in the sum
 * @param below what aliases from below can add
 * @param above what aliases from above can add
 */
record SmoothedDelta(ContourSum sum, double theta, Bound small, Bound below, Bound above) {
  /**
   * A bound exp(log - tilt epsilon).
   *
   * @param log its log at epsilon 0
   * @param tilt by how much that falls
   */
  record Bound(double log, double tilt) {
    static final Bound NOTHING = new Bound(Double.NEGATIVE_INFINITY, 0);

    double at(double epsilon) {
      return Math.exp(log - tilt * epsilon);
    }
  }

  boolean isMissing() {
    return sum == null;
  }

  double upper(double epsilon) {
    return sum.upper(epsilon) + small.at(epsilon);
  }

  double lower(double epsilon) {
    return sum.lower(epsilon) - below.at(epsilon) - above.at(epsilon);
  }

  /**
   * The smallest epsilon from 0 to a value that fits at which the upper bound fits delta.
   *
   * @param fits an epsilon at which it does
   * @param tolerance how far above it the result may lie, relative to it
   */
  double root(double logDelta, double fits, double tolerance) {
    double high = fits;
    double atHigh = Math.log(upper(high)) - logDelta;
    double low = 0;
    double atLow = Math.log(upper(0)) - logDelta;
    if (!(atLow > 0)) {
      return 0;
    }
    for (int round = 0; high - low > tolerance * high && round < 100; round++) {
      double middle = 0.5 * (low + high);
      if (round % 3 != 2 && atHigh > -50) {
        double secant = low + (high - low) * atLow / (atLow - atHigh);
        double nudge = 0.3 * tolerance * high * (round % 3 == 0 ? 1 : -1);
        middle = Math.max(low, Math.min(high, secant + nudge));
        if (!(middle > low && middle < high)) {
          middle = 0.5 * (low + high);
        }
      }
      double value = Math.log(upper(middle)) - logDelta;
      if (value > 0) {
        low = middle;
        atLow = value;
      } else {
        high = middle;
        atHigh = Double.isNaN(value) ? -1e9 : value;
      }
    }
    return high;
  }
}
