package dev.sotto.accounting;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.DoubleUnaryOperator;

/**
 * A Renyi divergence as a function of its order, for mechanisms where one value takes a quadrature.
 *
 * <p>(a - 1) R_a is convex in a, being the cumulant function of the privacy loss (or a supremum of
 * such), so between two orders the chord is above it: values are computed at the integers up to 32
 * and some 3% apart beyond, and chords bound the rest. Not safe for use by several threads at once
 * without the lock that {@link #divergence} takes.
 */
final class RenyiCurve {
  private static final int EVERY_ORDER_UP_TO = 32;
  private static final double RATIO = 1.03;

  private final DoubleUnaryOperator divergence;
  private final Map<Long, Double> known = new TreeMap<>();

  /**
   * A curve through a function.
   *
   * @param divergence R_a of an order a above 1
   */
  RenyiCurve(DoubleUnaryOperator divergence) {
    this.divergence = divergence;
  }

  /** An upper bound on the divergence, exact at fractional orders and at integers up to 32. */
  synchronized double divergence(double order) {
    if (order != Math.rint(order) || order > 1L << 40) {
      return divergence.applyAsDouble(order);
    }
    long a = (long) order;
    if (a <= EVERY_ORDER_UP_TO) {
      return at(a);
    }
    long rung = (long) Math.floor(Math.log((double) a / EVERY_ORDER_UP_TO) / Math.log(RATIO));
    long low = rung(rung);
    long high = rung(rung + 1);
    // Rounding may put the order on the neighbouring rung.
    if (a < low) {
      high = low;
      low = rung(rung - 1);
    } else if (a > high) {
      low = high;
      high = rung(rung + 2);
    }
    double left = (low - 1) * at(low);
    double right = (high - 1) * at(high);
    double share = (double) (a - low) / (high - low);
    return (left + share * (right - left)) / (a - 1);
  }

  private static long rung(long index) {
    return (long) Math.ceil(EVERY_ORDER_UP_TO * Math.pow(RATIO, index));
  }

  private double at(long order) {
    return known.computeIfAbsent(order, a -> divergence.applyAsDouble(a));
  }
}
