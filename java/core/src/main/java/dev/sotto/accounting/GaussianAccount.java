package dev.sotto.accounting;

import java.util.HashMap;
import java.util.Map;

/**
 * Epsilon of an event of Gaussian releases from the transform of its privacy loss.
 *
 * <p><b>Monotone by construction.</b> For a fixed smoothing v the smoothed delta is a mean of true
 * deltas, so the epsilon e_v read off it rises with every probability and count and falls with
 * every multiplier, as the true one does, and it rises with v. Smoothings form a ladder v_0, v_1,
 * ..., rung k serving epsilons from E_k on, and the answer is the largest e_(v_k) with e_(v_k) at
 * least E_k. More privacy loss lets more rungs take part and raises each, so it cannot lower the
 * answer. All other errors are some 1e-9 of delta, at tiny deltas up to 1e-4 of it, and {@link
 * GaussianParts} keeps parameters apart; that this suffices is tested on ladders, not proven.
 */
final class GaussianAccount {
  /** The bottom of the ladder; smaller epsilons are told by Chernoff's bound. */
  private static final double LOWEST = 9e-5;

  /** Shares of delta that parts of a sum may have to be left out. */
  private static final double EXACT = 1e-12;

  private static final double ROUGH = 1e-6;

  /** Epsilons from this share of a guess on are found from a sum for the guess. */
  private static final double SERVED = 0.25;

  /** A rare large loss is what makes delta where it alone asks for less than this share. */
  private static final double RARE = 0.5;

  /** Epsilon is little above the mean loss where that is more than this share of an estimate. */
  private static final double CERTAIN = 0.5;

  private final GaussianParts parts;
  private final double delta;
  private final double logDelta;
  private final LossDirection removing;
  private final LossDirection adding;
  private final Map<Integer, Double> rungs = new HashMap<>();

  GaussianAccount(GaussianParts parts, double delta) {
    this.parts = parts;
    this.delta = delta;
    logDelta = Math.log(delta);
    removing = new LossDirection(parts, true, delta);
    adding = new LossDirection(parts, false, delta);
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
    double estimate = removing.moments().estimate(logDelta);
    if (estimate < 2 * LOWEST) {
      double most =
          Math.max(removing.moments().epsilon(logDelta), adding.moments().epsilon(logDelta));
      if (most <= LOWEST) {
        return Math.max(0, most);
      }
    }
    if (estimate == Double.POSITIVE_INFINITY) {
      return estimate;
    }
    double rare = parts.rareEpsilon(delta);
    double spread = parts.spread(rare, delta);
    double start = Math.min(estimate, rare + spread);
    if (removing.moments().mean() > CERTAIN * estimate) {
      // A sum for an epsilon below the mean, where delta is nearly 1, is long.
      start = estimate;
    }
    double near = spread < rare && start < RARE * estimate ? start : roughly(start, estimate);
    return Math.max(LOWEST, fromLadder(Math.max(LOWEST, near)));
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
    for (LossDirection direction : new LossDirection[] {removing, adding}) {
      SmoothedDelta smoothed = direction.smoothed(v, upper, EXACT);
      if (!smoothed.isMissing()) {
        best = Math.max(best, lower(smoothed, upper));
      }
      if (best > upper * (1 - 1e-3)) {
        break;
      }
    }
    return best;
  }

  private double lower(SmoothedDelta smoothed, double upper) {
    double low = 0;
    double high = upper;
    for (double gap = 1e-6 * upper; gap < upper; gap *= 4) {
      if (smoothed.lower(upper - gap) >= delta) {
        low = upper - gap;
        break;
      }
      high = upper - gap;
    }
    while (high - low > 1e-6 * upper) {
      double middle = 0.5 * (low + high);
      if (smoothed.lower(middle) >= delta) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** The epsilon of a rung, of both directions. */
  private double at(int k, double guess) {
    return rungs.computeIfAbsent(k, key -> compute(smoothing(key), guess));
  }

  private double compute(double v, double guess) {
    // What lies below the bottom of the ladder need not be told apart.
    double epsilon = Math.max(LOWEST, solve(removing, v, guess));
    if (!(epsilon < Double.POSITIVE_INFINITY) || adding.isNegligible(v, epsilon)) {
      return epsilon;
    }
    SmoothedDelta smoothed = adding.smoothed(v, epsilon, EXACT);
    if (smoothed.isMissing()) {
      return Double.POSITIVE_INFINITY;
    }
    if (smoothed.upper(epsilon) <= delta) {
      return epsilon;
    }
    return Math.max(epsilon, solve(adding, v, epsilon * 1.001 + 1e-9));
  }

  /**
   * Finds roughly where epsilon lies. The smoothing is that of epsilons down to a fraction of the
   * guess, for which one sum therefore serves.
   *
   * @param start where to look first
   * @param most an estimate that is too large rather than too small
   */
  private double roughly(double start, double most) {
    double guess = Math.max(start, LOWEST);
    for (int round = 0; round < 30; round++) {
      double theta = MomentLadder.theta(removing.moments().tilt(0, guess));
      guess += Math.min(0.3 / theta, 0.1 * guess);
      double v = smoothing(rung(SERVED * guess));
      if (guess > LOWEST && removing.cancellation(v, guess) < -8) {
        guess *= 0.4;
        continue;
      }
      SmoothedDelta smoothed = removing.smoothed(v, guess, ROUGH);
      if (smoothed.isMissing()) {
        return guess;
      }
      if (smoothed.upper(guess) > delta && guess < most) {
        guess = Math.min(most, guess / SERVED);
        continue;
      }
      double root = smoothed.root(logDelta, guess, 1e-3);
      if (root > SERVED * guess || root < LOWEST) {
        return Math.max(root, LOWEST);
      }
      guess = root;
    }
    return guess;
  }

  /**
   * The epsilon of one direction at one smoothing, or one at most {@link #LOWEST} if it is;
   * infinite where it takes too much work.
   */
  private double solve(LossDirection direction, double v, double start) {
    double guess = start;
    double stride = 1;
    for (int round = 0; round < 30; round++) {
      double theta = MomentLadder.theta(direction.moments().tilt(v, guess));
      guess += Math.min(0.1 / theta, 0.1 * guess) + 0.1 * Math.sqrt(v);
      SmoothedDelta smoothed = direction.smoothed(v, guess, EXACT);
      if (smoothed.isMissing()) {
        return Double.POSITIVE_INFINITY;
      }
      if (smoothed.upper(guess) > delta) {
        guess +=
            stride * (0.05 * guess + Math.min(1 / smoothed.theta(), 0.5 * guess) + Math.sqrt(v));
        stride *= 1.5;
        continue;
      }
      double root = smoothed.root(logDelta, guess, 1e-11);
      if (smoothed.theta() * (guess - root) < 3 || root <= LOWEST) {
        return root;
      }
      guess = root;
    }
    return Double.POSITIVE_INFINITY;
  }
}
