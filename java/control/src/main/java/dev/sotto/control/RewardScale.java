package dev.sotto.control;

/**
 * Brings rewards to mean 0 and variance 1 before they are learned from. A run has a few dozen
 * decisions and its gains shrink from tenths of a nat to thousandths, while a learner's temperature
 * and step sizes presume rewards near 1; and what it must learn is which action does better than
 * the others did, which a common mean hides. Mean and variance are running ones: even averages over
 * the first ten rewards, then with weight 1/10 on the newest, w. The newest is counted before it is
 * normalised, so the result stays within ±√((1 − w)/w) = ±3 and one outlier of the noise cannot
 * undo what was learned.
 */
final class RewardScale {
  private static final double LEAST_WEIGHT = 0.1;

  private double count;
  private double mean;
  private double variance;

  /**
   * The reward in running units; it enters mean and variance first, so the very first gives 0.
   *
   * @param reward finite
   */
  double normalise(double reward) {
    count++;
    double weight = Math.max(1 / count, LEAST_WEIGHT);
    double deviation = reward - mean;
    mean += weight * deviation;
    variance = (1 - weight) * (variance + weight * deviation * deviation);
    return variance > 0 ? (reward - mean) / Math.sqrt(variance) : 0;
  }

  /** Three numbers for {@link #restore}. */
  double[] state() {
    return new double[] {count, mean, variance};
  }

  /** Goes on from {@link #state}. */
  void restore(double[] state) {
    count = state[0];
    mean = state[1];
    variance = state[2];
  }
}
