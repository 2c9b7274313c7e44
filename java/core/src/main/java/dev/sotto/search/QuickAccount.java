package dev.sotto.search;

import dev.sotto.noise.LmoNoise;
import org.apache.commons.math3.analysis.UnivariateFunction;
import org.apache.commons.math3.analysis.solvers.BrentSolver;

/**
 * A fast estimate of what noise costs, for the inside of the search. It ranks shapes and vouches
 * for nothing: what a search returns is scaled and reported by an {@link
 * dev.sotto.accounting.Accountant}.
 */
interface QuickAccount {

  /**
   * The log of delta at the query's epsilon.
   *
   * @param law the noise
   * @param shift the L2 norm by which one unit moves the vector, in the unit of the law
   * @return an estimate, rising in the shift
   */
  double logDelta(LmoNoise law, double shift);

  /** The estimate that suits a query. */
  static QuickAccount of(NoiseQuery query) {
    if (query.dimension() > 1) {
      return new VectorEstimate(query);
    }
    return query.steps() > 1 ? new SaddlePoint(query) : new SingleScalar(query);
  }

  /** The largest shift of a law whose estimated delta meets the target, to a relative 1e-7. */
  static double largestShift(QuickAccount account, LmoNoise law, NoiseQuery query) {
    double target = Math.log(query.delta());
    UnivariateFunction excess =
        y -> Math.max(-60, Math.min(60, account.logDelta(law, Math.exp(y)) - target));
    double low = Math.log(query.epsilon() / law.meanInverseScale() / Math.sqrt(query.steps()));
    double high = low;
    double atLow = excess.value(low);
    double atHigh = atLow;
    double step = 0.5;
    while (atLow > 0 && step < 100) {
      high = low;
      atHigh = atLow;
      low -= step;
      atLow = excess.value(low);
      step *= 1.6;
    }
    step = 0.5;
    while (atHigh <= 0 && step < 100) {
      low = high;
      atLow = atHigh;
      high += step;
      atHigh = excess.value(high);
      step *= 1.6;
    }
    if (!(atLow <= 0 && atHigh > 0)) {
      return Double.NaN;
    }
    return Math.exp(new BrentSolver(1e-12, 1e-8, 1e-9).solve(200, excess, low, high));
  }
}
