package dev.sotto.accounting;

/** Epsilon of a single release, from the closed form of its delta. */
final class SingleRelease {
  /** Generous bound on the relative error of the computed delta. */
  private static final double DELTA_ERROR = 1e-10;

  private SingleRelease() {}

  static EpsilonBound epsilon(SampledMechanism mechanism, double delta) {
    double lower = solve(mechanism, delta * (1 + DELTA_ERROR));
    double upper = solve(mechanism, delta * (1 - DELTA_ERROR));
    // A few roundings of epsilon itself on either side of the crossing.
    return new EpsilonBound(lower * (1 - 1e-14), upper * (1 + 1e-14));
  }

  private static double solve(SampledMechanism mechanism, double delta) {
    if (mechanism.delta(0) <= delta) {
      return 0;
    }
    double low = 0;
    double high = 1e-3;
    while (mechanism.delta(high) > delta) {
      low = high;
      high *= 2;
    }
    while (high - low > 1e-15 * high) {
      double middle = 0.5 * (low + high);
      if (middle <= low || middle >= high) {
        break;
      }
      if (mechanism.delta(middle) > delta) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return high;
  }
}
