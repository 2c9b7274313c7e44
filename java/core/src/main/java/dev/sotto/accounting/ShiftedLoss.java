package dev.sotto.accounting;

import dev.sotto.noise.LmoNoise;
import java.util.function.DoubleUnaryOperator;

/**
 * The privacy loss t(x) = log p(x - D) / p(x) of a scalar moved by D under a noise density p that
 * is symmetric and log-convex on either side of 0, as every mixture of Laplace densities is.
 *
 * <p>With f = log p on the positive axis, convex and falling, t consists of three stretches:
 *
 * <ul>
 *   <li>between 0 and D it rises from -L to L = f(0) - f(D), as f(D - x) - f(x);
 *   <li>right of D it falls from L to a limit c, at a distance s from D as f(s) - f(s + D);
 *   <li>left of 0 it is the mirror image: it falls from -c to -L towards 0.
 * </ul>
 *
 * c is D times the infimum of the inverse scale.
 */
final class ShiftedLoss {
  /** The tail beyond the distance exceeded with probability exp(-100) is left out: 4e-44. */
  private static final double NEGLIGIBLE = 100;

  private final LmoNoise law;
  private final double shift;
  private final double largest;
  private final double limit;
  private final double farthest;

  ShiftedLoss(LmoNoise law, double shift) {
    this.law = law;
    this.shift = shift;
    largest = law.logDensityDrop(shift);
    farthest = law.absoluteQuantile(NEGLIGIBLE);
    limit = outside(farthest);
  }

  /** L. */
  double largest() {
    return largest;
  }

  /** c, or rather the loss at {@link #farthest}, which is a little above it. */
  double limit() {
    return limit;
  }

  /** The loss between the kinks, at x from 0 to D. */
  double inside(double x) {
    return law.logDensityDrop(x) - law.logDensityDrop(shift - x);
  }

  /** The loss at a distance s beyond the kink at D. */
  double outside(double s) {
    return law.logDensityDrop(s + shift) - law.logDensityDrop(s);
  }

  /** The x between the kinks where the loss is t. */
  double insideAt(double t) {
    if (t <= -largest) {
      return 0;
    }
    if (t >= largest) {
      return shift;
    }
    return solve(
        x -> inside(x) - t,
        x -> -law.logDensitySlope(x) - law.logDensitySlope(shift - x),
        0,
        shift,
        0.5 * shift * (1 + t / largest));
  }

  /** The distance beyond the kink where the loss has fallen to t. */
  double outsideAt(double t) {
    if (t >= largest) {
      return 0;
    }
    if (t <= limit) {
      return farthest;
    }
    // In the logarithm of the distance, since the loss falls over many scales.
    double unit = 1 / law.meanInverseScale();
    double end = Math.log1p(farthest / unit);
    double v =
        solve(
            y -> t - outside(unit * Math.expm1(y)),
            y -> {
              double s = unit * Math.expm1(y);
              return (s + unit) * (law.logDensitySlope(s + shift) - law.logDensitySlope(s));
            },
            0,
            end,
            0.5 * Math.min(end, 1));
    return unit * Math.expm1(v);
  }

  /** Newton's method on a rising function, kept inside a bracket by bisection. */
  private static double solve(
      DoubleUnaryOperator rising, DoubleUnaryOperator slope, double from, double to, double guess) {
    double low = from;
    double high = to;
    double x = guess;
    for (int i = 0; i < 100; i++) {
      double value = rising.applyAsDouble(x);
      if (value == 0) {
        return x;
      }
      if (value > 0) {
        high = x;
      } else {
        low = x;
      }
      double next = x - value / slope.applyAsDouble(x);
      if (!(next > low && next < high)) {
        next = 0.5 * (low + high);
      }
      if (Math.abs(next - x) <= 1e-16 * Math.abs(next) || next == low || next == high) {
        return next;
      }
      x = next;
    }
    return x;
  }
}
