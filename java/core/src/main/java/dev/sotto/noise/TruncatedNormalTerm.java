package dev.sotto.noise;

import org.apache.commons.math3.analysis.integration.gauss.GaussIntegrator;
import org.apache.commons.math3.analysis.integration.gauss.GaussIntegratorFactory;

/**
 * A normal law of given mean and standard deviation, restricted to [low, high]. Tilting by exp(t u)
 * moves its mean to mean + stddev^2 t and keeps its form, so all that is needed is the mass, mean
 * and variance of exp(-c v - v^2/2) over a range of v = (u - anchor) / stddev, where the anchor is
 * the point of [low, high] at which the tilted density is largest. One Gauss-Legendre rule over the
 * part of the range within 40 nats of that largest value gives all three with full relative
 * precision however extreme the truncation: all its terms are positive. (Differences of normal
 * tails lose it for a mean far outside the range, for a narrow range and as t goes to 0.)
 */
final class TruncatedNormalTerm implements InverseScaleTerm {
  /** Integrates exp(-40 x) and exp(-40 x^2) over [-1, 1] below a rounding error. */
  private static final int NODES = 40;

  private static final double DEPTH = 40;
  private static final double[] POINTS = new double[NODES];
  private static final double[] WEIGHTS = new double[NODES];

  static {
    GaussIntegrator rule = new GaussIntegratorFactory().legendre(NODES);
    for (int i = 0; i < NODES; i++) {
      POINTS[i] = rule.getPoint(i);
      WEIGHTS[i] = rule.getWeight(i);
    }
  }

  private final double mean;
  private final double stddev;
  private final double low;
  private final double high;
  private final Tilted base;
  private final double[] baseOffsets = new double[NODES];
  private final double[] baseWeights = new double[NODES];

  TruncatedNormalTerm(double mean, double stddev, double low, double high) {
    this.mean = mean;
    this.stddev = stddev;
    this.low = low;
    this.high = high;
    this.base = tilted(0);
    double half = 0.5 * (base.to - base.from);
    double middle = 0.5 * (base.to + base.from);
    for (int i = 0; i < NODES; i++) {
      double v = middle + half * POINTS[i];
      baseOffsets[i] = v;
      baseWeights[i] = half * WEIGHTS[i] * Math.exp(-v * (base.slope + 0.5 * v)) / base.mass;
    }
  }

  /** The law tilted by exp(t u): its anchor, the slope c there, the range of v and its moments. */
  private record Tilted(
      double anchor,
      double slope,
      double from,
      double to,
      double mass,
      double offset,
      double variance) {}

  private Tilted tilted(double t) {
    double peak = mean + stddev * (stddev * t);
    double anchor = Math.min(high, Math.max(low, peak));
    double slope = anchor == peak ? 0 : (anchor - mean) / stddev - stddev * t;
    // The root of |c| v + v^2 / 2 = DEPTH.
    double reach = 2 * DEPTH / (Math.abs(slope) + Math.hypot(slope, Math.sqrt(2 * DEPTH)));
    double from = Math.max((low - anchor) / stddev, -reach);
    double to = Math.min((high - anchor) / stddev, reach);
    double half = 0.5 * (to - from);
    double middle = 0.5 * (to + from);
    double mass = 0;
    double first = 0;
    double second = 0;
    for (int i = 0; i < NODES; i++) {
      double v = middle + half * POINTS[i];
      double weight = WEIGHTS[i] * Math.exp(-v * (slope + 0.5 * v));
      double fromMiddle = half * POINTS[i];
      mass += weight;
      first += weight * v;
      second += weight * fromMiddle * fromMiddle;
    }
    double offset = first / mass;
    double variance = second / mass - (offset - middle) * (offset - middle);
    return new Tilted(anchor, slope, from, to, half * mass, offset, variance);
  }

  /** Whether the untilted rule still integrates the law tilted by exp(t u). */
  private boolean withinBase(double t) {
    return stddev * Math.abs(t) * (base.to - base.from) <= 8;
  }

  @Override
  public Cumulants at(double t) {
    Tilted now = tilted(t);
    return new Cumulants(
        logMgf(t, now), now.anchor + stddev * now.offset, stddev * stddev * now.variance);
  }

  private double logMgf(double t, Tilted now) {
    if (withinBase(t)) {
      double grown = 0;
      for (int i = 0; i < NODES; i++) {
        grown += baseWeights[i] * Math.expm1(stddev * t * baseOffsets[i]);
      }
      return t * base.anchor + Math.log1p(grown);
    }
    double moved = (now.anchor - base.anchor) / stddev;
    double around = (now.anchor - mean) / stddev + (base.anchor - mean) / stddev;
    return t * now.anchor - 0.5 * moved * around + Math.log(now.mass) - Math.log(base.mass);
  }

  @Override
  public double meanDrop(double x) {
    if (!withinBase(x)) {
      Tilted now = tilted(-x);
      return base.anchor - now.anchor + stddev * (base.offset - now.offset);
    }
    // E[u] - E[u e^(-x u)] / E[e^(-x u)], with u taken from its mean: every term is positive.
    double drop = 0;
    double mass = 0;
    for (int i = 0; i < NODES; i++) {
      double v = baseOffsets[i] - base.offset;
      double change = Math.expm1(-stddev * x * v);
      drop -= baseWeights[i] * v * change;
      mass += baseWeights[i] * (1 + change);
    }
    return stddev * drop / mass;
  }

  @Override
  public double pole() {
    return Double.POSITIVE_INFINITY;
  }

  @Override
  public double shapeAtZero() {
    return low > 0 ? Double.POSITIVE_INFINITY : 1;
  }
}
