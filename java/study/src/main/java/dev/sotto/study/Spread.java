package dev.sotto.study;

import java.util.Arrays;
import java.util.Collection;

/**
 * The middle and the ends of what a few seeds gave. Infinity stands for what never came about, and
 * sorts last; it is why the median is taken here and not by a library that interpolates.
 *
 * @param median the middle value, or the mean of the two; NaN of nothing
 * @param least NaN of nothing
 * @param most NaN of nothing
 * @param count of values
 */
record Spread(double median, double least, double most, int count) {

  /** Of the values that are numbers. */
  static Spread of(Collection<Double> values) {
    double[] sorted = values.stream().filter(v -> !v.isNaN()).mapToDouble(v -> v).toArray();
    Arrays.sort(sorted);
    int n = sorted.length;
    if (n == 0) {
      return new Spread(Double.NaN, Double.NaN, Double.NaN, 0);
    }
    double median = n % 2 == 1 ? sorted[n / 2] : 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]);
    return new Spread(median, sorted[0], sorted[n - 1], n);
  }
}
