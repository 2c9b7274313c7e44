package dev.sotto.noise;

import java.util.function.DoubleUnaryOperator;
import org.apache.commons.math3.analysis.integration.gauss.GaussIntegrator;
import org.apache.commons.math3.analysis.integration.gauss.GaussIntegratorFactory;

/**
 * Integrals over [0, infinity) of functions that are analytic within a given radius of 0 and in a
 * wide sector around the positive axis, as those made of the density of a mixture of exponentials
 * are: one Gauss-Legendre panel up to that radius, then panels that grow by a factor of 4, whose
 * convergence does not depend on their place. A tail like a power of x makes the panels a geometric
 * sequence in the end, which is summed as one.
 */
final class HalfLine {
  private static final int NODES = 20;
  private static final GaussIntegrator RULE = new GaussIntegratorFactory().legendre(NODES);
  private static final double GROWTH = 4;
  private static final double TOLERANCE = 1e-14;

  private HalfLine() {}

  /** The integral; infinite if it has not converged by the end of the doubles. */
  static double integral(DoubleUnaryOperator integrand, double radius) {
    double from = 0;
    double to = radius;
    double sum = 0;
    double before = 0;
    double estimate = Double.NaN;
    while (to < Double.MAX_VALUE / 8) {
      double half = 0.5 * (to - from);
      double panel = 0;
      for (int i = 0; i < NODES; i++) {
        double x = from + half * (1 + RULE.getPoint(i));
        panel += RULE.getWeight(i) * integrand.applyAsDouble(x);
      }
      panel *= half;
      sum += panel;
      if (sum > 0 && from > 0 && panel < before) {
        double ratio = panel / before;
        double whole = sum + panel * ratio / (1 - ratio);
        // The rounding of the ratio is magnified by the slowness of the tail.
        if (Math.abs(whole - estimate) <= TOLERANCE / (1 - ratio) * whole) {
          return whole;
        }
        estimate = whole;
      }
      before = panel;
      from = to;
      to *= GROWTH;
    }
    return Double.POSITIVE_INFINITY;
  }
}
