package dev.sotto.accounting;

/**
 * A base mechanism on a Poisson sample. Its dominating pair for removing a unit is P = (1-q) p0 + q
 * p1 against Q = p0, for adding one the same pair swapped (Zhu, Dong and Wang 2022, Theorem 11).
 * The log ratio x = log P/Q = log(1 - q + q exp(t)) is increasing in t; the privacy loss is x under
 * P when removing and -x under Q when adding.
 *
 * @param base the mechanism before sampling
 * @param probability q in (0, 1]
 */
record SampledMechanism(BaseMechanism base, double probability) {

  /** The smallest value of x; log(1 - q) or the base mechanism's own limit. */
  double smallestRatio() {
    return ratioAt(-base.largestLoss());
  }

  /** The largest value of x. */
  double largestRatio() {
    return ratioAt(base.largestLoss());
  }

  /** The x that belongs to t. */
  double ratioAt(double t) {
    if (probability == 1) {
      return t;
    }
    if (t > 30) {
      return t + Math.log(probability + (1 - probability) * Math.exp(-t));
    }
    return Math.log1p(probability * Math.expm1(t));
  }

  /** The t that belongs to x; minus infinity at and below log(1 - q). */
  double baseAt(double x) {
    if (probability == 1) {
      return x;
    }
    if (x > 30) {
      return x - Math.log(probability) + Math.log1p(-(1 - probability) * Math.exp(-x));
    }
    double inner = Math.expm1(x) / probability;
    return inner <= -1 ? Double.NEGATIVE_INFINITY : Math.log1p(inner);
  }

  /** P mass above x. */
  double withAbove(double x) {
    double t = baseAt(x);
    return (1 - probability) * base.survival0(t) + probability * base.survival1(t);
  }

  /** Q mass above x. */
  double withoutAbove(double x) {
    return base.survival0(baseAt(x));
  }

  /** Q mass below x, by the symmetry of the base mechanism. */
  double withoutBelow(double x) {
    double t = baseAt(x);
    return t == Double.NEGATIVE_INFINITY ? 0 : base.survival1(-t);
  }

  /** P mass below x. */
  double withBelow(double x) {
    double t = baseAt(x);
    return t == Double.NEGATIVE_INFINITY
        ? 0
        : (1 - probability) * base.survival1(-t) + probability * base.survival0(-t);
  }

  /** The delta of one release at epsilon, the larger of the two directions. */
  double delta(double epsilon) {
    return Math.max(removeDelta(epsilon), addDelta(epsilon));
  }

  /** P - exp(epsilon) Q where positive: q times the base divergence at the matching t. */
  double removeDelta(double epsilon) {
    return probability * base.hockeyStick(baseAt(epsilon));
  }

  /** Q - exp(epsilon) P where positive. */
  double addDelta(double epsilon) {
    double t = baseAt(-epsilon);
    if (t == Double.NEGATIVE_INFINITY) {
      return 0;
    }
    // For q = 1 the factor exp(epsilon + t) is 1; computed so that it cannot overflow.
    return probability * Math.exp(epsilon + t) * base.hockeyStick(-t);
  }
}
