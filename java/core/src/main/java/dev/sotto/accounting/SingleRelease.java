package dev.sotto.accounting;

/** Epsilon of a single release, from the closed form of its delta. */
final class SingleRelease {
  private SingleRelease() {}

  static EpsilonBound epsilon(SampledMechanism mechanism, double delta) {
    double lower = solve(mechanism, delta, -1);
    double upper = solve(mechanism, delta, 1);
    // A few roundings of epsilon itself on either side of the crossing.
    return new EpsilonBound(lower * (1 - 1e-14), upper * (1 + 1e-14));
  }

  /** The crossing of delta by the closed form moved up or down by a bound on its rounding. */
  private static double solve(SampledMechanism mechanism, double delta, int side) {
    if (delta(mechanism, 0, side) <= delta) {
      return 0;
    }
    double low = 0;
    double high = 1e-3;
    while (delta(mechanism, high, side) > delta) {
      low = high;
      high *= 2;
    }
    while (high - low > 1e-15 * high) {
      double middle = 0.5 * (low + high);
      if (middle <= low || middle >= high) {
        break;
      }
      if (delta(mechanism, middle, side) > delta) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return high;
  }

  /**
   * The closed form is a difference of two tails, each right to 1e-14 of itself; for small noise
   * multipliers it does not cancel, for large ones the tails' own size bounds the error.
   */
  private static double delta(SampledMechanism mechanism, double epsilon, int side) {
    double delta = mechanism.delta(epsilon);
    double tails = mechanism.withAbove(epsilon) + mechanism.withoutBelow(-epsilon);
    return delta + side * (1e-12 * delta + 1e-15 * tails);
  }
}
