package dev.sotto.accounting;

import dev.sotto.noise.LmoNoise;
import org.apache.commons.math3.analysis.UnivariateFunction;
import org.apache.commons.math3.optim.MaxEval;
import org.apache.commons.math3.optim.nonlinear.scalar.GoalType;
import org.apache.commons.math3.optim.univariate.BrentOptimizer;
import org.apache.commons.math3.optim.univariate.SearchInterval;
import org.apache.commons.math3.optim.univariate.UnivariateObjectiveFunction;

/**
 * The account of arXiv 2405.18776 as its authors' public code makes it, for replication only: not a
 * differential privacy guarantee. One release costs {@link LmoDivergence#renyiPaper} at the L2
 * sensitivity, as if the vector were one number; the Gaussian is then named that has this epsilon
 * by the classical formula; and the run is accounted as that Gaussian. No {@link Accountant} on
 * purpose. The sound account is {@link LmoDivergence#renyiVector}.
 *
 * @param law the law of the noise
 * @param sensitivity the L2 sensitivity, in the unit of the noise
 */
public record PaperAccount(LmoNoise law, double sensitivity) {
  private static final double FEWEST = 1e-4;
  private static final double MOST = 1e6;

  /** Checks the sensitivity. */
  public PaperAccount {
    Checks.positive(sensitivity, "sensitivity");
  }

  /**
   * The claim for one release, minimised over the orders at which the formula is finite.
   *
   * @param delta strictly between 0 and 1
   * @return the claim, not a guarantee
   */
  public PaperClaim epsilon(double delta) {
    return new PaperClaim(oneRelease(1, delta), Checks.delta(delta));
  }

  /**
   * The noise multiplier of the Gaussian with the same epsilon for one release by the formula of
   * Dwork and Roth 2014, Theorem A.1: sqrt(2 log(1.25 / delta)) / epsilon. The formula is made for
   * epsilon below 1; the authors use it beyond.
   *
   * @param delta strictly between 0 and 1
   * @return standard deviation over L2 sensitivity of that Gaussian
   */
  public double equivalentGaussian(double delta) {
    return classical(epsilon(delta).epsilon(), delta);
  }

  /** Epsilon times multiplier is a constant, so this converts either into the other. */
  private static double classical(double either, double delta) {
    return Math.sqrt(2 * Math.log(1.25 / delta)) / either;
  }

  /**
   * The claim for a run of Poisson-sampled steps, accounted as the equivalent Gaussian.
   *
   * @param samplingProbability q in (0, 1]
   * @param steps the number of steps
   * @param delta strictly between 0 and 1
   * @return the claim, not a guarantee
   */
  public PaperClaim claimedEpsilon(double samplingProbability, long steps, double delta) {
    PrivacyEvent run = Calibration.run(equivalentGaussian(delta), samplingProbability, steps);
    return new PaperClaim(new RdpAccountant().epsilonUpper(run, delta), delta);
  }

  /**
   * By how much the law must be scaled for the claim of a run to meet a target.
   *
   * @param targetEpsilon the epsilon to claim, above 0
   * @param delta strictly between 0 and 1
   * @param samplingProbability q in (0, 1]
   * @param steps the number of steps
   * @return the factor for {@link LmoNoise#scaled}
   * @throws IllegalArgumentException if no factor between 1e-4 and 1e6 has this claim
   */
  public double calibratedScale(
      double targetEpsilon, double delta, double samplingProbability, long steps) {
    Checks.positive(targetEpsilon, "target epsilon");
    double multiplier =
        Calibration.noiseMultiplier(
            new RdpAccountant(), targetEpsilon, delta, samplingProbability, steps);
    double wanted = classical(multiplier, delta);
    return smallest(
        factor -> oneRelease(factor, delta) <= wanted,
        "a scale of the noise law with a claimed epsilon of " + targetEpsilon);
  }

  /** The epsilon of one release of factor times the noise. */
  private double oneRelease(double factor, double delta) {
    Checks.delta(delta);
    double shift = sensitivity / factor;
    UnivariateFunction cost =
        y -> {
          double order = 1 + Math.exp(y);
          double rho = LmoDivergence.renyiPaper(law, order, shift);
          return Double.isInfinite(rho)
              ? Double.MAX_VALUE
              : RdpAccountant.toEpsilon(rho, order, delta);
        };
    // Scanned on y = log(order - 1) up to the pole, then refined around the best.
    double from = Math.log(1e-3);
    double to = Math.log(Math.min(1e9, law.pole() / shift));
    double step = 0.1;
    double best = Math.min(from, to - step);
    double least = cost.value(best);
    for (double y = from; y < to; y += step) {
      double here = cost.value(y);
      if (here < least) {
        least = here;
        best = y;
      }
    }
    return new BrentOptimizer(1e-10, 1e-12)
        .optimize(
            new MaxEval(1000),
            new UnivariateObjectiveFunction(cost),
            GoalType.MINIMIZE,
            new SearchInterval(best - step, Math.min(to, best + step), best))
        .getValue();
  }

  private interface Condition {
    boolean holds(double value);
  }

  /** The smallest value for which a condition holds that holds for all larger ones. */
  private static double smallest(Condition condition, String name) {
    double low = FEWEST;
    double high = MOST;
    if (condition.holds(low) || !condition.holds(high)) {
      throw new IllegalArgumentException(
          name + " must lie between " + FEWEST + " and " + MOST + "; none does");
    }
    while (high > low * (1 + 1e-12)) {
      double middle = Math.sqrt(low * high);
      if (condition.holds(middle)) {
        high = middle;
      } else {
        low = middle;
      }
    }
    return high;
  }
}
