package dev.sotto.accounting;

import java.util.function.DoubleUnaryOperator;

/**
 * Golden section search for the least value of a function that falls and then rises.
 *
 * @param from where the bracket begins that is left
 * @param to where it ends
 * @param left the smaller of two points inside
 * @param right the larger
 * @param costLeft the function's value at the smaller
 * @param costRight at the larger
 */
record GoldenSection(
    double from, double to, double left, double right, double costLeft, double costRight) {
  private static final double SHARE = 0.5 * (Math.sqrt(5) - 1);

  /** Narrows a bracket until it is no wider than the tolerance. */
  static GoldenSection narrowed(
      DoubleUnaryOperator cost, double begin, double end, double tolerance) {
    double from = begin;
    double to = end;
    double left = to - SHARE * (to - from);
    double right = from + SHARE * (to - from);
    double costLeft = cost.applyAsDouble(left);
    double costRight = cost.applyAsDouble(right);
    while (to - from > tolerance) {
      if (costLeft < costRight) {
        to = right;
        right = left;
        costRight = costLeft;
        left = to - SHARE * (to - from);
        costLeft = cost.applyAsDouble(left);
      } else {
        from = left;
        left = right;
        costLeft = costRight;
        right = from + SHARE * (to - from);
        costRight = cost.applyAsDouble(right);
      }
    }
    return new GoldenSection(from, to, left, right, costLeft, costRight);
  }

  /** The middle of what is left. */
  double middle() {
    return 0.5 * (from + to);
  }

  /** The better of the two points. */
  double best() {
    return costLeft < costRight ? left : right;
  }

  /** The function's value there. */
  double least() {
    return Math.min(costLeft, costRight);
  }
}
