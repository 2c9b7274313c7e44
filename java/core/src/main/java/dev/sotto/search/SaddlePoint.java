package dev.sotto.search;

import dev.sotto.noise.LmoNoise;

/**
 * The delta of many releases of one number by the saddle point of its contour integral (Alghamdi et
 * al., "The saddle-point method in differential privacy", 2023): delta is about exp(F) / sqrt(2 pi
 * F'') at the minimum of F(s) = K(s) - epsilon s - log s - log(1 + s), K the cumulant function of
 * the composed privacy loss.
 */
final class SaddlePoint implements QuickAccount {
  private final NoiseQuery query;

  SaddlePoint(NoiseQuery query) {
    this.query = query;
  }

  @Override
  public double logDelta(LmoNoise law, double shift) {
    LossNodes nodes = new LossNodes(law, shift);
    if (query.samplingProbability() < 1) {
      nodes.sampled(query.samplingProbability());
    }
    if (query.steps() * nodes.largest() <= query.epsilon()) {
      return Double.NEGATIVE_INFINITY;
    }
    double low = -30;
    double high = 30;
    double y = 1;
    for (int i = 0; i < 60; i++) {
      double s = Math.exp(y);
      // K(s) = log E_with[exp(s loss)] = log E_without[exp((1 + s) loss)].
      double[] k = nodes.cumulant(1 + s);
      double slope = query.steps() * k[1] - query.epsilon() - 1 / s - 1 / (1 + s);
      double curvature = query.steps() * k[2] + 1 / s / s + 1 / (1 + s) / (1 + s);
      if (slope > 0) {
        high = y;
      } else {
        low = y;
      }
      double next = y - slope / (s * curvature);
      if (!(next > low && next < high)) {
        next = 0.5 * (low + high);
      }
      if (Math.abs(next - y) < 1e-7 || i == 59) {
        double f = query.steps() * k[0] - query.epsilon() * s - Math.log(s) - Math.log1p(s);
        return f - 0.5 * Math.log(2 * Math.PI * curvature);
      }
      y = next;
    }
    throw new IllegalStateException("unreachable");
  }
}
