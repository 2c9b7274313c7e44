package dev.sotto.study;

/**
 * What a finished run came to, beside its {@link Trajectory}. All of it exact, on public data.
 *
 * @param epsilon spent, from the ledger
 * @param delta δ
 * @param steps charged
 * @param perplexityBefore on the validation file, without the adapter
 * @param perplexityAfter on the validation file, with it
 * @param seconds of the fine-tuning, without the audit
 * @param audit how much the adapter gives away; figures that were not asked for are NaN
 */
public record RunOutcome(
    double epsilon,
    double delta,
    long steps,
    double perplexityBefore,
    double perplexityAfter,
    double seconds,
    AuditFigures audit) {

  /**
   * Attacks on one adapter.
   *
   * @param canaryExposure mean exposure of the planted secrets, in bits
   * @param canariesExtracted share of the secrets that greedy decoding repeats from their prefix
   * @param canaryJaccard mean token-set similarity of what it repeats
   * @param membershipAuc of telling members by their loss; 0.5 is a guess
   * @param membershipTpr true positive rate at 1% false positives
   * @param calibratedAuc the same, by loss less the loss under the base model
   * @param calibratedTpr the same
   */
  public record AuditFigures(
      double canaryExposure,
      double canariesExtracted,
      double canaryJaccard,
      double membershipAuc,
      double membershipTpr,
      double calibratedAuc,
      double calibratedTpr) {
    /** Nothing was attacked. */
    public static final AuditFigures NONE =
        new AuditFigures(
            Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN);
  }
}
