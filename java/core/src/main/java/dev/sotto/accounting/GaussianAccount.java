package dev.sotto.accounting;

import java.util.function.DoubleUnaryOperator;

/**
 * Epsilon of an event of Gaussian releases from the transform of its privacy loss.
 *
 * <p><b>Monotone by construction.</b> For a fixed smoothing v the smoothed delta is a mean of true
 * deltas, so the epsilon e_v read off it rises with every probability and count and falls with
 * every multiplier, as the true one does, and it rises with v. Smoothings form a ladder v_0, v_1,
 * ..., rung k serving epsilons from E_k on, and the answer is the largest e_(v_k) with e_(v_k) at
 * least E_k. More privacy loss lets more rungs take part and raises each, so it cannot lower the
 * answer. All other errors are below some 1e-9 of delta, and {@link GaussianParts} keeps parameters
 * farther apart than that.
 */
final class GaussianAccount {
  /** The bottom of the ladder; smaller epsilons are told by Chernoff's bound. */
  private static final double LOWEST = 9e-5;

  /** Share of delta that aliases and left-out parts may cost. */
  private static final double LOG_SHARE = Math.log(1e-10);

  /** Above this the sum cancels so far that large releases are split off. */
  private static final double LOG_SPLIT = Math.log(1e3);

  /** The same where they cannot be, or where it shortens the sum. */
  private static final double LOG_CANCELLATION = Math.log(1e9);

  /** Log of the probability of a large release up to which splitting helps. */
  private static final double LOG_FEW = -2;

  /** What stands for infinity in a search, growing so that the search turns back. */
  static final double BEYOND = 1e200;

  /** The largest tilt is 2 to an eighth of this. */
  private static final long MOST_TILT = 320;

  private static final double MOST_WORK = 3e7;

  private final GaussianParts parts;
  private final double delta;
  private final double logDelta;

  GaussianAccount(GaussianParts parts, double delta) {
    this.parts = parts;
    this.delta = delta;
    logDelta = Math.log(delta);
  }

  /** The first epsilon that rung k of the ladder serves. */
  private static double rungStart(int k) {
    return k == 0 ? 0 : LOWEST * Math.pow(2, k);
  }

  private static int rung(double epsilon) {
    int k = 0;
    while (rungStart(k + 1) <= epsilon) {
      k++;
    }
    return k;
  }

  /**
   * The smoothing of a rung: it adds (t + 1) v/2 to epsilon e, t being the slope of -log delta, at
   * most about 2 log(1/delta)/e.
   */
  private double smoothing(int k) {
    double e = k == 0 ? LOWEST : rungStart(k);
    return 2 * (2e-5 + Math.min(2e-3 * e, 1e-4 + 4e-4 * e)) / (1 - 2 * logDelta / e);
  }

  /** An upper end; infinite where the work would be out of hand. */
  double upper() {
    if (parts.variance() == 0 && parts.totalVariation() <= delta) {
      return 0;
    }
    if (parts.size() == 0) {
      // All unsampled once rounded, which has a closed form.
      return Double.POSITIVE_INFINITY;
    }
    LossTransform removing = new LossTransform(parts, true, Double.POSITIVE_INFINITY);
    LossTransform adding = new LossTransform(parts, false, Double.POSITIVE_INFINITY);
    double estimate = estimate(removing);
    if (estimate < 2 * LOWEST) {
      double most = Math.max(byMoments(removing), byMoments(adding));
      if (most <= LOWEST) {
        return Math.max(0, most);
      }
    }
    double near = estimate < Double.POSITIVE_INFINITY ? roughly(estimate) : estimate;
    return near < Double.POSITIVE_INFINITY ? Math.max(LOWEST, fromLadder(near)) : near;
  }

  /**
   * The least epsilon of Chernoff's bound over the tilts 2^(j/8): a minimum of monotone functions.
   */
  private double byMoments(LossTransform law) {
    long j = 0;
    double here = momentBound(law, j);
    for (int stride : new int[] {16, 4, 1}) {
      for (int side = -1; side <= 1; side += 2) {
        while (j + side * stride < MOST_TILT && j + side * stride > -MOST_TILT) {
          double next = momentBound(law, j + side * stride);
          if (!(next < here)) {
            break;
          }
          j += side * stride;
          here = next;
        }
      }
    }
    return here;
  }

  private double momentBound(LossTransform law, long j) {
    double theta = Math.pow(2, 0.125 * j);
    return (law.logAt(theta) - logPayoff(theta) - logDelta) / theta;
  }

  private double fromLadder(double near) {
    int k = rung(near);
    double best = at(k, near);
    for (int round = 0; round < 8; round++) {
      if (best == Double.POSITIVE_INFINITY) {
        break;
      }
      int there = rung(best);
      if (there < k) {
        k = there;
        best = at(k, best);
      } else if (best > 0.98 * rungStart(k + 1)) {
        double next = at(k + 1, best);
        if (next < rungStart(k + 1)) {
          break;
        }
        k++;
        best = next;
      } else {
        break;
      }
    }
    return best;
  }

  /**
   * A lower end: the largest epsilon found at which delta is proven to be too large.
   *
   * @param upper an upper end for an event that costs at least as much
   */
  double lower(double upper) {
    if (upper == 0 || Double.isInfinite(upper)) {
      return 0;
    }
    double v = 1e-4 * upper / (1 - 2 * logDelta / upper);
    double best = 0;
    for (boolean removing : new boolean[] {true, false}) {
      LossTransform law = new LossTransform(parts, removing, Double.POSITIVE_INFINITY);
      Built built = build(law, v, upper, Double.NaN, 1e-12);
      if (built.sum() != null) {
        best = Math.max(best, lower(built, upper));
      }
      if (best > upper * (1 - 1e-3)) {
        break;
      }
    }
    return best;
  }

  private double lower(Built built, double upper) {
    double low = 0;
    double high = upper;
    for (double gap = 1e-6 * upper; gap < upper; gap *= 4) {
      if (built.lower(upper - gap) >= delta) {
        low = upper - gap;
        break;
      }
      high = upper - gap;
    }
    while (high - low > 1e-6 * upper) {
      double middle = 0.5 * (low + high);
      if (built.lower(middle) >= delta) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private double at(int k, double guess) {
    double v = smoothing(k);
    Reading removing = solve(true, v, guess);
    double epsilon = removing.epsilon();
    if (!(epsilon < Double.POSITIVE_INFINITY)) {
      return epsilon;
    }
    LossTransform adding = new LossTransform(parts, false, Double.POSITIVE_INFINITY);
    if (removing.built() != null && isNegligible(adding, v, epsilon, removing.built().theta())) {
      return epsilon;
    }
    ContourSum sum = build(adding, v, epsilon, Double.NaN, 1e-12).sum();
    if (sum == null) {
      return Double.POSITIVE_INFINITY;
    }
    if (sum.upper(epsilon) <= delta) {
      return epsilon;
    }
    return Math.max(epsilon, solve(false, v, epsilon * 1.001 + 1e-9).epsilon());
  }

  /** Whether Chernoff's bound on the smoothed delta at an epsilon is below delta. */
  private boolean isNegligible(LossTransform law, double v, double epsilon, double start) {
    double before = Double.POSITIVE_INFINITY;
    for (double theta = start; theta < 1e9; theta *= 1.5) {
      double here =
          law.logAt(theta) + 0.5 * v * theta * (theta + 1) - theta * epsilon - logPayoff(theta);
      if (here <= logDelta) {
        return true;
      }
      if (!(here < before)) {
        return false;
      }
      before = here;
    }
    return false;
  }

  /** Minus log of the largest (1 - exp(-x)) exp(-theta x). */
  private static double logPayoff(double theta) {
    return (1 + theta) * Math.log1p(theta) - theta * Math.log(theta);
  }

  private static double tilt(LossTransform law, double v, double epsilon) {
    DoubleUnaryOperator phi =
        y -> {
          double theta = Math.exp(y);
          double value =
              law.logAt(theta)
                  + 0.5 * v * theta * (theta + 1)
                  - theta * epsilon
                  - Math.log(theta)
                  - Math.log1p(theta);
          return value < BEYOND ? value : BEYOND * (100 + y);
        };
    return Math.exp(ComposedLoss.descend(phi, 0, 1, 0.03));
  }

  /** The saddle-point estimate of epsilon, a starting point only. */
  private double estimate(LossTransform law) {
    double best = Double.POSITIVE_INFINITY;
    DoubleUnaryOperator cost =
        y -> {
          double theta = Math.exp(y);
          double value =
              (law.logAt(theta) - Math.log(theta) - Math.log1p(theta) - logDelta) / theta;
          return value < BEYOND ? value : BEYOND * (100 + y);
        };
    double y = ComposedLoss.descend(cost, 0, 1, 0.03);
    best = Math.max(0, cost.applyAsDouble(y));
    return best;
  }

  /** An epsilon that holds for the smoothed measure, and the sum that says so. */
  private record Reading(double epsilon, Built built) {}

  /**
   * A sum and the bounds that go with it.
   *
   * @param sum the sum, or null if it was too much work
   * @param theta its tilt
   * @param small what outcomes without a large release can cost, if they are not in the sum
   * @param below what aliases from below can add
   * @param above what aliases from above can add
   */
  private record Built(ContourSum sum, double theta, Bound small, Bound below, Bound above) {
    double upper(double epsilon) {
      return sum.upper(epsilon) + small.at(epsilon);
    }

    double lower(double epsilon) {
      return sum.lower(epsilon) - below.at(epsilon) - above.at(epsilon);
    }
  }

  /** A bound exp(log - tilt epsilon). */
  private record Bound(double log, double tilt) {
    double at(double epsilon) {
      return Math.exp(log - tilt * epsilon);
    }
  }

  /** Finds roughly where epsilon lies, by strongly smoothed sums, which have few terms. */
  private double roughly(double start) {
    double guess = start;
    for (int round = 0; round < 30; round++) {
      LossTransform law = new LossTransform(parts, true, Double.POSITIVE_INFINITY);
      double theta = tilt(law, 0, guess);
      guess += Math.min(0.3 / theta, 0.1 * guess);
      double v = Math.min(0.01 * guess * guess, 0.05 * guess / (1 + theta));
      Measure measure = measure(law, v, guess, theta);
      if (guess > LOWEST && cancellation(measure.law(), v, guess, measure.theta()) < -8) {
        guess *= 0.4;
        continue;
      }
      Built built = build(law, Math.max(v, smoothing(0)), guess, theta, 1e-6);
      if (built.sum() == null) {
        return guess;
      }
      double root = root(built::upper, guess, 1e-3);
      if (root > 0.7 * guess || guess < LOWEST) {
        return root;
      }
      guess = root;
    }
    return guess;
  }

  /** The epsilon of one direction at one smoothing. */
  private Reading solve(boolean removing, double v, double start) {
    double guess = start;
    for (int round = 0; round < 30; round++) {
      LossTransform all = new LossTransform(parts, removing, Double.POSITIVE_INFINITY);
      double theta = tilt(all, v, guess);
      guess += Math.min(0.1 / theta, 0.1 * guess) + 0.1 * Math.sqrt(v);
      Built built = build(all, v, guess, theta, 1e-12);
      if (built.sum() == null) {
        return new Reading(Double.POSITIVE_INFINITY, built);
      }
      if (built.upper(guess) > delta) {
        guess = guess * 1.05 + Math.min(1 / built.theta(), 0.5 * guess) + Math.sqrt(v);
        continue;
      }
      double root = root(built::upper, guess, 1e-11);
      if (built.theta() * (guess - root) < 3) {
        return new Reading(root, built);
      }
      guess = root;
    }
    return new Reading(Double.POSITIVE_INFINITY, null);
  }

  /** The smallest epsilon from 0 to a value that fits at which a falling function fits delta. */
  private double root(DoubleUnaryOperator upper, double fits, double tolerance) {
    double high = fits;
    double atHigh = Math.log(upper.applyAsDouble(high)) - logDelta;
    double low = 0;
    double atLow = Math.log(upper.applyAsDouble(0)) - logDelta;
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
      double value = Math.log(upper.applyAsDouble(middle)) - logDelta;
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

  private Built build(
      LossTransform all, double v, double epsilon, double knownTheta, double negligible) {
    Measure measure = measure(all, v, epsilon, knownTheta);
    LossTransform law = measure.law();
    double theta = measure.theta();
    double mass = law == all ? 0 : law.logAt(0);
    Reach reach = reach(law, v, epsilon, theta, mass);
    while (reach.above() > 1.3 * reach.below()) {
      // A weaker tilt makes the losses above weigh less.
      double weaker = 0.75 * theta;
      Reach next = reach(law, v, epsilon, weaker, mass);
      if (next.period() > 0.95 * reach.period()
          || cancellation(law, v, epsilon, weaker) > LOG_CANCELLATION) {
        break;
      }
      theta = weaker;
      reach = next;
    }
    double period = reach.period();
    ContourSum sum =
        ContourSum.of(
            law, new ContourSum.Plan(theta, v, period, epsilon, delta, negligible), MOST_WORK);
    // Sums over all aliases on a side, each geometric.
    double below = mass - theta * period - Math.log(-Math.expm1(-theta * period));
    double over = (reach.tilt() - theta) * period;
    double above = reach.log() - over - Math.log(-Math.expm1(-over));
    return new Built(
        sum, theta, measure.small(), new Bound(below, 0), new Bound(above, reach.tilt()));
  }

  /** What is summed at which tilt, and a bound on the rest. */
  private record Measure(LossTransform law, double theta, Bound small) {}

  private static final Bound NOTHING = new Bound(Double.NEGATIVE_INFINITY, 0);

  private Measure measure(LossTransform all, double v, double epsilon, double knownTheta) {
    double theta = Double.isNaN(knownTheta) ? tilt(all, v, epsilon) : knownTheta;
    if (all.removing() && cancellation(all, v, epsilon, theta) > LOG_SPLIT) {
      double threshold = epsilon / 2;
      for (int i = 0; i < 10; i++, threshold /= 2) {
        SmallPart part = new SmallPart(parts, threshold);
        double t = part.tilt(v, epsilon);
        Bound bound = new Bound(part.logAt(t) + 0.5 * v * t * (t + 1) - logPayoff(t), t);
        if (Math.log(bound.at(epsilon)) < logDelta + LOG_SHARE) {
          LossTransform large = new LossTransform(parts, true, threshold);
          double best = tilt(large, v, epsilon);
          // Where hardly any release is large rounding may be all there is; where many are,
          // nothing is gained.
          if (large.logAt(best) < Double.POSITIVE_INFINITY && large.logAt(0) < LOG_FEW) {
            return new Measure(large, best, bound);
          }
          break;
        }
      }
    }
    return new Measure(all, theta, NOTHING);
  }

  /** log of how much larger than delta the terms of the sum are. */
  private double cancellation(LossTransform law, double v, double epsilon, double theta) {
    return law.logAt(theta)
        + 0.5 * v * theta * (theta + 1)
        - theta * epsilon
        - Math.log(theta)
        - Math.log1p(theta)
        - logDelta;
  }

  /**
   * How far aliases must lie below and above for each side to cost a negligible part of delta.
   *
   * @param tilt the tilt of Chernoff's bound above
   * @param log the log of that bound at epsilon 0
   */
  private record Reach(double below, double above, double tilt, double log) {
    double period() {
      return Math.max(below, above);
    }
  }

  private Reach reach(LossTransform law, double v, double epsilon, double theta, double mass) {
    double goal = logDelta + LOG_SHARE;
    Reach best = null;
    for (double more = 0.05; more < 4; more *= 2) {
      double t = theta * (1 + more);
      double log = law.logAt(t) + 0.5 * v * t * (t + 1) - logPayoff(t);
      double above = Math.max(0, log - t * epsilon - goal) / (t - theta);
      if (best == null || above < best.above()) {
        best = new Reach(Math.max(1, mass - goal) / theta, above, t, log);
      }
    }
    return best;
  }
}
