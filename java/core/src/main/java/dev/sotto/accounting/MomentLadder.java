package dev.sotto.accounting;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import java.util.function.IntToDoubleFunction;

/**
 * log E[exp(theta L)] of a measure on privacy losses at the tilts theta = 2^(j/8), each computed
 * once, and what is read off it: Chernoff's bounds and tilts near a saddle point. Any tilt is
 * sound, so a ladder serves every search.
 */
final class MomentLadder {
  private static final double RUNGS_PER_OCTAVE = 8;
  private static final int MOST = 320;
  private static final int SMALL_TILT = 240;
  private static final int[] STRIDES = {16, 4, 1};

  /** What stands for infinity in a search, growing so that the search turns back. */
  private static final double BEYOND = 1e200;

  private final DoubleUnaryOperator logMoment;
  private final double[] known = new double[2 * MOST + 1];
  private int last;

  /**
   * A ladder.
   *
   * @param logMoment log of an upper bound on the moment at a tilt, infinite where there is none
   */
  MomentLadder(DoubleUnaryOperator logMoment) {
    this.logMoment = logMoment;
    Arrays.fill(known, Double.NaN);
  }

  static double theta(int j) {
    return Math.pow(2, j / RUNGS_PER_OCTAVE);
  }

  /** The rung next to a tilt. */
  static int rung(double theta) {
    long j = Math.round(RUNGS_PER_OCTAVE * Math.log(theta) / Math.log(2));
    return (int) Math.max(-MOST, Math.min(MOST, j));
  }

  /** log E[exp(theta L)] at rung j; infinite beyond the ladder. */
  double at(int j) {
    if (j < -MOST || j > MOST) {
      return Double.POSITIVE_INFINITY;
    }
    double value = known[j + MOST];
    if (Double.isNaN(value)) {
      value = logMoment.applyAsDouble(theta(j));
      known[j + MOST] = Double.isNaN(value) ? Double.POSITIVE_INFINITY : value;
    }
    return known[j + MOST];
  }

  /** The same with a normal loss of mean v/2 and variance v added. */
  double smoothed(int j, double v) {
    double theta = theta(j);
    return at(j) + 0.5 * v * theta * (theta + 1);
  }

  /** Minus log of the largest (1 - exp(-x)) exp(-theta x). */
  static double logPayoff(double theta) {
    return (1 + theta) * Math.log1p(theta) - theta * Math.log(theta);
  }

  /** log of Chernoff's bound on the smoothed delta at an epsilon. */
  double logDelta(int j, double v, double epsilon) {
    double theta = theta(j);
    return smoothed(j, v) - theta * epsilon - logPayoff(theta);
  }

  /** log of the terms of the sum for the smoothed delta at an epsilon. */
  double logTerm(int j, double v, double epsilon) {
    double theta = theta(j);
    return smoothed(j, v) - theta * epsilon - Math.log(theta) - Math.log1p(theta);
  }

  /** The rung at which the terms are smallest: the saddle point. */
  int tilt(double v, double epsilon) {
    return descend(j -> logTerm(j, v, epsilon));
  }

  /** The mean loss, a starting point only: the slope at a small tilt. */
  double mean() {
    int j = -SMALL_TILT;
    return at(j) / theta(j);
  }

  /** The saddle-point estimate of epsilon, a starting point only. */
  double estimate(double logDelta) {
    IntToDoubleFunction epsilon = j -> (logTerm(j, 0, 0) - logDelta) / theta(j);
    return Math.max(0, epsilon.applyAsDouble(descend(epsilon)));
  }

  /** The least epsilon of Chernoff's bound: a minimum of monotone functions. */
  double epsilon(double logDelta) {
    IntToDoubleFunction epsilon = j -> (logDelta(j, 0, 0) - logDelta) / theta(j);
    return epsilon.applyAsDouble(descend(epsilon));
  }

  /** Starts a search near a tilt. */
  MomentLadder from(double theta) {
    last = rung(theta);
    return this;
  }

  private int descend(IntToDoubleFunction cost) {
    int j = last;
    double here = bounded(cost, j);
    for (int stride : STRIDES) {
      for (int side = -stride; side <= stride; side += 2 * stride) {
        while (Math.abs(j + side) < MOST) {
          double next = bounded(cost, j + side);
          if (!(next < here)) {
            break;
          }
          j += side;
          here = next;
        }
      }
    }
    last = j;
    return j;
  }

  private static double bounded(IntToDoubleFunction cost, int j) {
    double value = cost.applyAsDouble(j);
    return value < BEYOND ? value : BEYOND * (2 * MOST + j);
  }
}
