package dev.sotto.accounting;

/**
 * An epsilon as arXiv 2405.18776 states it for LMO-DP noise: not a differential privacy guarantee.
 * The formula behind it bounds one coordinate and is applied to a whole vector. It is of a type of
 * its own so that no ledger, filter or report can take it for an {@link EpsilonBound}.
 *
 * @param epsilon the claimed epsilon, which no proof supports
 * @param delta the delta it is claimed at
 */
public record PaperClaim(double epsilon, double delta) {
  /**
   * The claim with its warning.
   *
   * @return one line
   */
  @Override
  public String toString() {
    return "claimed epsilon "
        + epsilon
        + " at delta "
        + delta
        + " (accounting of arXiv 2405.18776; not a differential privacy guarantee)";
  }
}
