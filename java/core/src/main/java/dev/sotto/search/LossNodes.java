package dev.sotto.search;

import dev.sotto.noise.LmoNoise;
import org.apache.commons.math3.analysis.integration.gauss.GaussIntegrator;
import org.apache.commons.math3.analysis.integration.gauss.GaussIntegratorFactory;

/**
 * The privacy loss t = log p(x - D) / p(x) of a number moved by D, at the nodes of a quadrature
 * over the outcomes x without the unit: between the kinks, and in either tail with the nodes closer
 * together near the kink.
 */
final class LossNodes {
  private static final GaussIntegratorFactory RULES = new GaussIntegratorFactory();
  private static final GaussIntegrator INSIDE = RULES.legendre(32, 0, 1);
  private static final GaussIntegrator TAIL = RULES.legendre(40, 0, 1);

  /** Share of the outcomes that the tails leave out, as its negative logarithm. */
  private static final double FAR = 50;

  private final double[] weight =
      new double[INSIDE.getNumberOfPoints() + 2 * TAIL.getNumberOfPoints()];
  private final double[] loss = new double[weight.length];

  LossNodes(LmoNoise law, double shift) {
    int n = INSIDE.getNumberOfPoints();
    double[] inside = new double[n];
    for (int i = 0; i < n; i++) {
      inside[i] = law.logDensity(shift * INSIDE.getPoint(i));
      weight[i] = shift * INSIDE.getWeight(i) * Math.exp(inside[i]);
    }
    for (int i = 0; i < n; i++) {
      // The nodes lie symmetrically, so the distance to the other kink is another node.
      loss[i] = inside[n - 1 - i] - inside[i];
    }
    double unit = law.analyticRadius();
    double end = Math.log1p(Math.min(law.absoluteQuantile(FAR), 1e200) / unit);
    for (int i = 0; i < TAIL.getNumberOfPoints(); i++) {
      double s = unit * Math.expm1(end * TAIL.getPoint(i));
      double width = end * TAIL.getWeight(i) * (unit + s);
      double near = law.logDensity(s);
      double far = law.logDensity(s + shift);
      weight[n] = width * Math.exp(near);
      loss[n++] = far - near;
      weight[n] = width * Math.exp(far);
      loss[n++] = near - far;
    }
  }

  /** The losses of a Poisson sample, log(1 - q + q exp(t)), in place of t. */
  LossNodes sampled(double probability) {
    for (int i = 0; i < loss.length; i++) {
      double t = loss[i];
      loss[i] =
          t > 30
              ? t + Math.log(probability + (1 - probability) * Math.exp(-t))
              : Math.log1p(probability * Math.expm1(t));
    }
    return this;
  }

  /** Log moment, slope and curvature of log E_without[exp(theta loss)]. */
  double[] cumulant(double theta) {
    double largest = Double.NEGATIVE_INFINITY;
    for (double l : loss) {
      largest = Math.max(largest, theta * l);
    }
    double sum = 0;
    double first = 0;
    double second = 0;
    for (int i = 0; i < loss.length; i++) {
      double mass = weight[i] * Math.exp(theta * loss[i] - largest);
      sum += mass;
      first += mass * loss[i];
      second += mass * loss[i] * loss[i];
    }
    double mean = first / sum;
    return new double[] {largest + Math.log(sum), mean, Math.max(0, second / sum - mean * mean)};
  }

  /** (order - 1) times the Renyi divergence; free of cancellation for a small shift. */
  double logMoment(double order) {
    if (order * largest() > 1) {
      return cumulant(order)[0];
    }
    double sum = 0;
    double mass = 0;
    for (int i = 0; i < loss.length; i++) {
      // exp(a t) - a (exp(t) - 1) has the same mean as exp(a t), and its excess over 1 is positive.
      sum += weight[i] * (Math.expm1(order * loss[i]) - order * Math.expm1(loss[i]));
      mass += weight[i];
    }
    return Math.log1p(sum / mass);
  }

  /** The largest loss at a node. */
  double largest() {
    double largest = 0;
    for (double l : loss) {
      largest = Math.max(largest, l);
    }
    return largest;
  }
}
