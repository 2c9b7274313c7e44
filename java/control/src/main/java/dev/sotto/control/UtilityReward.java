package dev.sotto.control;

/**
 * The reward of an interval: what was gained in utility per share of privacy spent,
 *
 * <pre>r = (ℓ_before − ℓ_after) / (T·(b_before − b_after))
 * </pre>
 *
 * with ℓ the loss on public data where the run has any, else the mean privatised loss of the
 * interval, in nats per token; b the share of the budget left and T the planned number of
 * intervals. An interval that spends its even share of the budget is thus rewarded by its gain in
 * nats, one that spends half of it by twice its gain. (RLDP, arXiv 2507.22565, divides the gain by
 * the ε of the step; shares of a budget add up under every accountant, single ε do not.)
 *
 * <p>The gain is taken since the last interval whose loss was finite; a loss that is not gives a
 * reward that is not, and so does an interval that spent nothing.
 */
final class UtilityReward {
  private final long intervals;

  /** Loss and budget left after the last interval with a finite loss; null before one. */
  private double[] reference;

  UtilityReward(long intervals) {
    this.intervals = intervals;
  }

  /**
   * The reward of the interval just ended.
   *
   * @return NaN or infinite if there is none to speak of: at the first interval, after a diverged
   *     loss, and where no budget was spent
   */
  double of(Observation observation) {
    double loss = observation.utilityLoss();
    double left = observation.budgetLeft().value();
    double reward =
        reference == null
            ? Double.NaN
            : (reference[0] - loss) / (intervals * (reference[1] - left));
    if (Double.isFinite(loss)) {
      reference = new double[] {loss, left};
    }
    return reward;
  }

  /** What {@link #restore} takes: two numbers, or none before the first. */
  double[] state() {
    return reference == null ? new double[0] : reference;
  }

  /** Goes on from {@link #state}, null standing for none. */
  void restore(double[] state) {
    reference = state;
  }
}
