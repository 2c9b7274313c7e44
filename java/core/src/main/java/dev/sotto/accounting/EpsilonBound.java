package dev.sotto.accounting;

/**
 * A proven bracket around the true epsilon of an event at one delta. Report the upper end.
 *
 * @param lower no smaller epsilon holds; 0 where the accountant proves nothing better
 * @param upper this epsilon holds
 */
public record EpsilonBound(double lower, double upper) {
  /** Checks that lower is at least 0 and at most upper. */
  public EpsilonBound {
    if (!(lower >= 0) || !(lower <= upper)) {
      throw new IllegalArgumentException(
          "an epsilon bracket needs 0 <= lower <= upper, got [" + lower + ", " + upper + "]");
    }
  }

  /**
   * How far apart the ends are.
   *
   * @return upper minus lower
   */
  public double width() {
    return upper - lower;
  }
}
