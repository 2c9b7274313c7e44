package dev.sotto.accounting;

import dev.sotto.noise.LmoNoise;
import org.apache.commons.math3.analysis.integration.gauss.GaussIntegrator;
import org.apache.commons.math3.analysis.integration.gauss.GaussIntegratorFactory;

/**
 * A(a) - 1 = E_p[(p(x - D) / p(x))^a] - 1 for additive noise whose log density f falls and is
 * convex in |x|.
 *
 * <p>The real line is folded so that each outcome meets its mirror image about D/2, whose loss is
 * the opposite: with l = f(r) - f(r + D) on r > 0 (outcomes left of 0 and right of D), and with l =
 * f(r) - f(D - r) on r from 0 to D/2 (those between), both at least 0 and falling in r,
 *
 * <pre>A - 1 = integral of exp(f(r)) (exp((a-1) l) - 1) (1 - exp(-a l)).</pre>
 *
 * <p>The terms of first order have cancelled on paper, so a tiny divergence keeps its relative
 * precision; what is left is positive and smooth. It is integrated by Gauss-Legendre rules on
 * panels that grow geometrically from r = 0, where the first one is short enough for both the
 * density and the power of the loss. The end is not guessed: what lies beyond r is at most P(Z > r)
 * times the factors at r.
 */
final class ShiftMoment {
  private static final int NODES = 16;
  private static final double GROWTH = 4;

  /** Relative size of the tail that is left out. */
  private static final double REST = 1e-12;

  /** The most by which (a - 1) l may change within the first panel. */
  private static final double FIRST_CHANGE = 8;

  /** Below this share of the analytic radius the loss is integrated from the slope. */
  private static final double SHORT = 1e-3;

  private static final double[] POINTS = new double[NODES];
  private static final double[] WEIGHTS = new double[NODES];
  private static final double[] SHORT_POINTS = new double[2];
  private static final double[] SHORT_WEIGHTS = new double[2];

  static {
    unitRule(POINTS, WEIGHTS);
    unitRule(SHORT_POINTS, SHORT_WEIGHTS);
  }

  private final LmoNoise law;
  private final double shift;
  private final double radius;
  private final double peak;
  private final double largestLoss;

  ShiftMoment(LmoNoise law, double shift) {
    this.law = law;
    this.shift = shift;
    this.radius = law.analyticRadius();
    this.peak = law.logDensity(0);
    this.largestLoss = law.logDensityDrop(shift);
  }

  private static void unitRule(double[] points, double[] weights) {
    GaussIntegrator rule = new GaussIntegratorFactory().legendre(points.length);
    for (int i = 0; i < points.length; i++) {
      points[i] = 0.5 * (1 + rule.getPoint(i));
      weights[i] = 0.5 * rule.getWeight(i);
    }
  }

  /** log A(a) / (a - 1). */
  double divergence(double order) {
    double atZero = -law.logDensitySlope(0);
    double atShift = -law.logDensitySlope(shift);
    double scaled =
        between(order, firstPanel(order, atZero + atShift))
            + outside(order, firstPanel(order, atZero - atShift));
    double sum = scaled * Math.exp(peak);
    double exponent = (order - 1) * largestLoss;
    double log =
        exponent < 1
            ? Math.log1p(sum * Math.exp(exponent))
            : exponent + Math.log(sum + Math.exp(-exponent));
    return log / (order - 1);
  }

  private double firstPanel(double order, double lossSlope) {
    return lossSlope > 0 ? Math.min(radius, FIRST_CHANGE / ((order - 1) * lossSlope)) : radius;
  }

  private double between(double order, double first) {
    double end = 0.5 * shift;
    double from = 0;
    double to = Math.min(first, end);
    double sum = 0;
    while (true) {
      for (int i = 0; i < NODES; i++) {
        double r = from + (to - from) * POINTS[i];
        sum += (to - from) * WEIGHTS[i] * integrand(order, r, shift - 2 * r);
      }
      if (to == end || (end - to) * integrand(order, to, shift - 2 * to) <= REST * sum) {
        return sum;
      }
      from = to;
      to = Math.min(GROWTH * from, end);
    }
  }

  private double outside(double order, double first) {
    double from = 0;
    double to = first;
    double sum = 0;
    while (true) {
      for (int i = 0; i < NODES; i++) {
        double r = from + (to - from) * POINTS[i];
        sum += (to - from) * WEIGHTS[i] * integrand(order, r, shift);
      }
      // The factors fall in r, and the density beyond has the mass P(Z > to).
      double rest = law.survival(to) / law.density(to) * integrand(order, to, shift);
      if (!(rest > REST * sum)) {
        return sum;
      }
      from = to;
      to = GROWTH * from;
    }
  }

  /**
   * The integrand at r, whose mirror image is a way further out, over p(0) exp((a-1) times the
   * largest loss).
   */
  private double integrand(double order, double r, double way) {
    double here = law.logDensity(r);
    double loss = way > SHORT * radius ? here - law.logDensity(r + way) : shortDrop(r, way);
    return Math.exp(here - peak + (order - 1) * (loss - largestLoss))
        * Math.expm1(-(order - 1) * loss)
        * Math.expm1(-order * loss);
  }

  /** f(from) - f(from + way) over a short way, where the plain difference would cancel. */
  private double shortDrop(double from, double way) {
    double slope = 0;
    for (int i = 0; i < SHORT_POINTS.length; i++) {
      slope += SHORT_WEIGHTS[i] * law.logDensitySlope(from + way * SHORT_POINTS[i]);
    }
    return -way * slope;
  }
}
