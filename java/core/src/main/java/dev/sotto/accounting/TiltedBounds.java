package dev.sotto.accounting;

import java.util.function.DoubleUnaryOperator;

/**
 * Reads a proven epsilon off the tilted, aliased, rounded law of a sum of losses.
 *
 * <p>With K = log E[exp(theta L)], the true mass at index s is c_s exp(K - theta s step), c being
 * the tilted law. What is known is, for s in a window, a number within rounding of the sum of c
 * over all indices equal to s modulo the transform's length, and how much mass c can have outside
 * the window.
 *
 * <ul>
 *   <li>Upper end: aliasing only adds mass, so known mass plus rounding bounds c inside the window;
 *       mass below the window has loss below its bottom and counts for no epsilon read off inside
 *       it; mass above the window is truly at most its tilted mass times exp(K - theta top) and is
 *       counted as infinite loss.
 *   <li>Lower end: all aliased mass together is at most the mass outside the window, so it is
 *       subtracted once, at the largest weight in use.
 *   <li>Rounding of a weighted sum over a set of indices is at most entry error times the sum of
 *       the weights, and at most the error's norm times the norm of the weights; the smaller
 *       counts.
 *   <li>Masses entering the sum are right to {@link LossGrid#MASS_ERROR} of themselves, so n of
 *       them multiply to within exp(n MASS_ERROR); each position is right to {@link
 *       LossGrid#POSITION_ERROR}, so their sum moves by at most n times that.
 * </ul>
 */
final class TiltedBounds {
  private TiltedBounds() {}

  /**
   * One composed law as it comes out of the transform.
   *
   * @param values entry s - shift modulo the length
   * @param shift the index of entry 0
   * @param rounding bound on the error of the entries
   * @param low first index of the window
   * @param high last index of the window
   * @param step distance of the grid points
   * @param theta the tilt
   * @param logMoment K
   * @param above tilted mass above the window
   * @param outside tilted mass outside the window
   */
  record Law(
      double[] values,
      long shift,
      PairConvolution.Rounding rounding,
      long low,
      long high,
      double step,
      double theta,
      double logMoment,
      double above,
      double outside) {

    double value(long s) {
      return Math.max(0, values[(int) ((s - shift) & (values.length - 1))]);
    }

    /** log of the factor from tilted mass to true mass at index s. */
    double logWeight(long s) {
      return logMoment - theta * step * s;
    }
  }

  /**
   * An epsilon and whether rounding, rather than the law, decided it.
   *
   * @param epsilon the value
   * @param blurred whether another tilt would give a better value
   */
  record Reading(double epsilon, boolean blurred) {}

  /**
   * The smallest epsilon at which the pessimistic law has delta at most the given one.
   *
   * <p>Walks down from the top with A = mass at and above s and D = delta at s: D(s-1) = exp(-step)
   * D(s) + (1 - exp(-step)) A(s), sums of positive terms only. Between grid points delta is linear
   * in exp(epsilon).
   *
   * @param allowed how much of an epsilon is worth another attempt if rounding cost it
   */
  static Reading upper(Law law, double delta, long releases, DoubleUnaryOperator allowed) {
    double logDelta = Math.log(delta) - releases * LossGrid.MASS_ERROR;
    double shrink = Math.exp(-law.step());
    double rest = -Math.expm1(-law.step());
    double grow = Math.exp(law.theta() * law.step());
    double above = law.above() * Math.exp(law.logWeight(law.high()) - logDelta);
    double d = above;
    double weight = 0;
    Noise noise = new Noise(law.rounding(), shrink);
    for (long s = law.high(); s >= law.low(); s--) {
      if (((law.high() - s) & 31) == 0) {
        weight = Math.exp(law.logWeight(s) - logDelta);
      } else {
        weight *= grow;
      }
      above += law.value(s) * weight;
      noise.add(weight);
      double next = shrink * d + rest * above;
      double room = 1 - noise.bound();
      if (next > room) {
        // At s everything fitted; if rounding alone ate the room since, s is the answer.
        double fraction = d < room ? (next - room) / (next - d) : 1;
        double epsilon = s * law.step() + (d < room ? Math.log(shrink + rest * fraction) : 0);
        boolean blurred = noise.bound() > 0.3 * law.theta() * allowed.applyAsDouble(epsilon);
        return new Reading(Math.max(0, epsilon), blurred);
      }
      d = next;
      if (s <= 0) {
        return new Reading(0, false);
      }
    }
    return new Reading(Math.max(0, law.low() * law.step()), true);
  }

  /**
   * The largest epsilon found at which a statistic of the outputs, an index sum with known laws
   * under P and Q, already has P - exp(epsilon) Q above delta.
   *
   * @param with law of the index sum under P
   * @param without law of the index sum under Q, on the same window
   * @param upper an epsilon known to hold
   */
  static double lower(Law with, Law without, double delta, long releases, double upper) {
    double slack = releases * LossGrid.MASS_ERROR;
    double logDelta = Math.log(delta);
    int length = (int) (with.high() - with.low() + 1);
    double[][] weights = new double[4][length];
    for (int i = 0; i < length; i++) {
      long s = with.high() - i;
      weights[0][i] = Math.exp(with.logWeight(s) - logDelta - slack);
      // exp(epsilon) is carried relative to exp(upper), which could overflow on its own.
      weights[1][i] = Math.exp(without.logWeight(s) + upper - logDelta + slack);
      weights[2][i] = with.value(s) * weights[0][i];
      weights[3][i] = without.value(s) * weights[1][i];
    }
    if (!exceeds(with, without, weights, -upper)) {
      return 0;
    }
    double low = 0;
    double high = upper;
    for (double gap = 1e-6 * upper; gap < upper; gap *= 4) {
      if (exceeds(with, without, weights, -gap)) {
        low = upper - gap;
        break;
      }
      high = upper - gap;
    }
    while (high - low > 1e-6 * upper) {
      double middle = 0.5 * (low + high);
      if (exceeds(with, without, weights, middle - upper)) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Whether P - exp(upper + below) Q is above delta (scaled to 1) on some set of index sums. */
  private static boolean exceeds(Law with, Law without, double[][] weights, double below) {
    double factor = Math.exp(below);
    double sum = 0;
    Noise noiseWith = new Noise(with.rounding(), 0);
    Noise noiseWithout = new Noise(without.rounding(), 0);
    for (int i = 0; i < weights[0].length; i++) {
      double gain = weights[2][i] - factor * weights[3][i];
      if (gain > 0) {
        sum += gain;
        noiseWith.add(weights[0][i]);
        noiseWithout.add(weights[1][i]);
        if (sum > 1
            && sum
                    - noiseWith.bound()
                    - factor * noiseWithout.bound()
                    - with.outside() * weights[0][i]
                > 1 + 1e-9) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * Rounding of a sum over s' >= s of entries times weight(s') (1 - shrink^(s' + 1 - s)), as s
   * falls; shrink = 0 leaves the bare weights. Keeps the sums of weight^j (1 - shrink^..)^i that
   * one more step down needs.
   */
  private static final class Noise {
    private final PairConvolution.Rounding rounding;
    private final double shrink;
    private double sum;
    private double weighted;
    private double squares;
    private double squaresOnce;
    private double squaresTwice;

    Noise(PairConvolution.Rounding rounding, double shrink) {
      this.rounding = rounding;
      this.shrink = shrink;
    }

    void add(double weight) {
      double rest = 1 - shrink;
      sum += weight;
      weighted = shrink * weighted + rest * sum;
      squares += weight * weight;
      squaresTwice =
          rest * rest * squares + 2 * rest * shrink * squaresOnce + shrink * shrink * squaresTwice;
      squaresOnce = rest * squares + shrink * squaresOnce;
    }

    double bound() {
      return Math.min(rounding.entry() * weighted, rounding.norm() * Math.sqrt(squaresTwice));
    }
  }
}
