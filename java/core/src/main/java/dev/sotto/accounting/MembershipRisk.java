package dev.sotto.accounting;

/**
 * What a guarantee means to the person behind a privacy unit, each figure an upper bound over all
 * observers, whatever else they know.
 *
 * @param advantage the largest true positive rate minus false positive rate of telling whether the
 *     unit took part
 * @param truePositivesAtOnePercent the largest true positive rate at a false positive rate of 1%
 * @param truePositivesAtOnePerMille the same at 0.1%
 * @param candidates n of {@code picking}
 * @param picking the probability of picking which of n equally likely candidates took part; 1/n
 *     without any release
 * @param fromGuaranteeAlone whether all of it follows from one (epsilon, delta), which is looser
 *     than the loss distribution where there is one
 */
public record MembershipRisk(
    double advantage,
    double truePositivesAtOnePercent,
    double truePositivesAtOnePerMille,
    long candidates,
    double picking,
    boolean fromGuaranteeAlone) {
  /** Candidates where nobody says how many. */
  public static final long DEFAULT_CANDIDATES = 10;

  /**
   * From the loss distribution of an event whose parameters did not depend on its releases.
   *
   * @param accountant whose upper bounds count
   * @param event what is released
   * @param tails what is cut of its noise
   * @param candidates n, at least 2
   * @return the figures
   */
  public static MembershipRisk of(
      Accountant accountant, PrivacyEvent event, CutTails tails, long candidates) {
    return of(TradeOff.of(accountant, event, tails), candidates, false);
  }

  /**
   * From one guarantee alone: a run under a {@link PrivacyFilter}, a sum of promises.
   *
   * @param epsilon the epsilon
   * @param delta its delta
   * @param candidates n, at least 2
   * @return the figures
   */
  public static MembershipRisk ofGuarantee(double epsilon, double delta, long candidates) {
    return of(TradeOff.ofGuarantee(epsilon, delta), candidates, true);
  }

  private static MembershipRisk of(TradeOff tradeOff, long candidates, boolean alone) {
    return new MembershipRisk(
        tradeOff.advantage(),
        tradeOff.truePositiveRate(0.01),
        tradeOff.truePositiveRate(0.001),
        candidates,
        tradeOff.picking(candidates),
        alone);
  }
}
