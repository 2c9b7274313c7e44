package dev.sotto.search;

import dev.sotto.noise.LmoNoise;

/**
 * The delta of a vector under an L2 clip by Renyi divergences, taking the worst direction to be the
 * diagonal one, as it is for the laws that a search visits. Conversion: Canonne, Kamath and Steinke
 * 2020, Proposition 12; sampling: Mironov, Talwar and Zhang 2019, at integer orders.
 */
final class VectorEstimate implements QuickAccount {
  private static final int MOST_ORDERS = 96;

  private final NoiseQuery query;

  VectorEstimate(NoiseQuery query) {
    this.query = query;
  }

  @Override
  public double logDelta(LmoNoise law, double shift) {
    LossNodes nodes = new LossNodes(law, shift / Math.sqrt(query.dimension()));
    return query.samplingProbability() < 1 ? sampled(nodes) : unsampled(nodes);
  }

  private double converted(double order, double logMoment) {
    return query.steps() * logMoment
        - (order - 1) * query.epsilon()
        + (order - 1) * Math.log1p(-1 / order)
        - Math.log(order);
  }

  private double unsampled(LossNodes nodes) {
    double best = Double.POSITIVE_INFINITY;
    double bestAt = 0;
    double step = 0.5;
    for (double y = -2; y < 12; y += step) {
      double here = at(nodes, y);
      if (here < best) {
        best = here;
        bestAt = y;
      } else if (y > bestAt + 3 * step) {
        break;
      }
    }
    // Two parabolas through neighbouring points; the function is smooth and convex near its end.
    for (int round = 0; round < 2; round++) {
      double left = at(nodes, bestAt - step);
      double right = at(nodes, bestAt + step);
      double bend = left + right - 2 * best;
      double move = bend > 0 ? 0.5 * step * (left - right) / bend : 0;
      double there = at(nodes, bestAt + Math.max(-step, Math.min(step, move)));
      if (there < best) {
        best = there;
        bestAt += move;
      }
      step *= 0.25;
    }
    return best;
  }

  private double at(LossNodes nodes, double y) {
    double order = 1 + Math.exp(y);
    return converted(order, query.dimension() * nodes.logMoment(order));
  }

  private double sampled(LossNodes nodes) {
    double q = query.samplingProbability();
    double[] moment = new double[MOST_ORDERS + 1];
    double best = Double.POSITIVE_INFINITY;
    int worse = 0;
    for (int order = 2; order <= MOST_ORDERS && worse < 4; order++) {
      moment[order] = query.dimension() * nodes.logMoment(order);
      double sum = 0;
      double logBinomial = order * Math.log1p(-q);
      for (int k = 1; k <= order; k++) {
        logBinomial += Math.log((double) (order - k + 1) / k) + Math.log(q) - Math.log1p(-q);
        if (k > 1) {
          sum += Math.exp(logBinomial + moment[k]) - Math.exp(logBinomial);
        }
      }
      double here = converted(order, Math.log1p(sum));
      worse = here < best ? 0 : worse + 1;
      best = Math.min(best, here);
    }
    return best;
  }
}
