package dev.sotto.audit;

import dev.sotto.accounting.Accountant;
import dev.sotto.accounting.PrivacyEvent;
import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import org.apache.commons.math3.distribution.BetaDistribution;

/**
 * Tells from many runs with and without one unit whether a claim of privacy is false. The attacker
 * gives each run a score and guesses that the unit was there where the score is high. Under (ε, δ)
 * his true-positive rate is at most e^ε times his false-positive rate plus δ, for every δ of the
 * claimed curve and in both directions; Clopper-Pearson bounds of both rates that contradict this
 * refute the claim.
 *
 * <p>The first half of the runs chooses δ, direction and threshold, the second half is the test, so
 * that one test is made: a true claim is refuted with probability at most {@link #FALSE_ALARM}.
 */
final class PairAudit {
  /** Probability that a true claim is refuted. */
  static final double FALSE_ALARM = 1e-6;

  private static final double[] DELTAS = {1e-5, 1e-3, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 0.7};
  private static final int THRESHOLDS = 40;

  private PairAudit() {}

  /**
   * The claimed curve of an event by the tight accountant.
   *
   * @return ε for a δ
   */
  static DoubleUnaryOperator claimOf(PrivacyEvent event) {
    return delta -> Accountant.pld().epsilonUpper(event, delta);
  }

  /**
   * Whether the scores contradict the claim.
   *
   * @param with scores of independent runs with the unit
   * @param without scores of as many without it
   * @param claim ε for a δ
   */
  static boolean refutes(double[] with, double[] without, DoubleUnaryOperator claim) {
    int half = with.length / 2;
    double[] pool = Arrays.copyOf(with, 2 * half);
    System.arraycopy(without, 0, pool, half, half);
    Arrays.sort(pool);
    double best = Double.NEGATIVE_INFINITY;
    double threshold = 0;
    double epsilon = 0;
    double delta = 0;
    int sign = 1;
    for (double candidate : DELTAS) {
      double price = claim.applyAsDouble(candidate);
      for (int t = 1; t < THRESHOLDS; t++) {
        double at = pool[t * pool.length / THRESHOLDS];
        for (int direction : new int[] {1, -1}) {
          double hits = share(direction > 0 ? with : without, 0, half, at, direction);
          double alarms = share(direction > 0 ? without : with, 0, half, at, direction);
          double excess = hits - candidate - Math.exp(price) * alarms;
          double spread =
              Math.sqrt(variance(hits, half) + Math.exp(2 * price) * variance(alarms, half));
          if (excess / spread > best) {
            best = excess / spread;
            threshold = at;
            epsilon = price;
            delta = candidate;
            sign = direction;
          }
        }
      }
    }
    int rest = with.length - half;
    double hits = share(sign > 0 ? with : without, half, with.length, threshold, sign);
    double alarms = share(sign > 0 ? without : with, half, with.length, threshold, sign);
    double fewestHits = lower(Math.round(hits * rest), rest);
    double mostAlarms = 1 - lower(Math.round((1 - alarms) * rest), rest);
    return fewestHits > Math.exp(epsilon) * mostAlarms + delta;
  }

  private static double share(double[] scores, int from, int to, double threshold, int sign) {
    int count = 0;
    for (int i = from; i < to; i++) {
      count += sign * (scores[i] - threshold) > 0 ? 1 : 0;
    }
    return (double) count / (to - from);
  }

  /** Of an estimated rate; never zero, or a rate of nothing would look certain. */
  private static double variance(double rate, int runs) {
    return (rate * (1 - rate) + 1.0 / runs) / runs;
  }

  /** Clopper-Pearson, at half the false-alarm rate. */
  private static double lower(long successes, int runs) {
    return successes == 0
        ? 0
        : new BetaDistribution(successes, runs - successes + 1.0)
            .inverseCumulativeProbability(FALSE_ALARM / 2);
  }
}
