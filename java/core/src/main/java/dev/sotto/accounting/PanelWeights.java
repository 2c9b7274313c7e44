package dev.sotto.accounting;

import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Weights w_i with sum over i of w_i p(x_i) = sum over k from 0 to m - 1 of p((2 k + 1)/m - 1) for
 * every polynomial p of degree below {@value #NODES}, x_i the Chebyshev points of the first kind: a
 * long sum over equally spaced points from a few values. m is a power of two.
 */
final class PanelWeights {
  /** Number of points. */
  static final int NODES = 44;

  /** Binary logarithms of the shortest and longest sum. */
  static final int SHORTEST = 7;

  static final int LONGEST = 17;

  private static final double[] POINTS = new double[NODES];
  private static final AtomicReferenceArray<double[]> KNOWN =
      new AtomicReferenceArray<>(LONGEST + 1);

  static {
    for (int i = 0; i < NODES; i++) {
      POINTS[i] = Math.cos(Math.PI * (2 * i + 1) / (2 * NODES));
    }
  }

  private PanelWeights() {}

  static double point(int i) {
    return POINTS[i];
  }

  /** The weights for m = 2^level. */
  static double[] of(int level) {
    double[] weights = KNOWN.get(level);
    if (weights == null) {
      weights = compute(1 << level);
      KNOWN.set(level, weights);
    }
    return weights;
  }

  private static double[] compute(int m) {
    double[] sums = new double[NODES];
    for (int k = 0; k < m; k++) {
      double x = (2 * k + 1.0) / m - 1;
      double before = 1;
      double here = x;
      sums[0] += 1;
      for (int degree = 1; degree < NODES; degree++) {
        sums[degree] += here;
        double next = 2 * x * here - before;
        before = here;
        here = next;
      }
    }
    double[] weights = new double[NODES];
    for (int i = 0; i < NODES; i++) {
      double sum = sums[0];
      for (int degree = 2; degree < NODES; degree += 2) {
        sum += 2 * sums[degree] * Math.cos(degree * Math.PI * (2 * i + 1) / (2 * NODES));
      }
      weights[i] = sum / NODES;
    }
    return weights;
  }
}
