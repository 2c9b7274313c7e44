package dev.sotto.plan;

import java.nio.file.Path;

/**
 * What a run leaves behind.
 *
 * @param epsilon upper bound on ε, from the ledger; infinite without privacy and where nobody
 *     vouches for one
 * @param delta δ; 1 without privacy
 * @param accountant who vouches for ε, {@code paper} where nobody does; null without privacy
 * @param claimedEpsilon what the account of arXiv 2405.18776 claims where it chose the noise, which
 *     is not a differential privacy guarantee; NaN otherwise
 * @param steps charged steps
 * @param adapter directory of the PEFT adapter
 * @param ledger the ledger; null without privacy
 * @param report the report
 * @param perplexityBefore on the public validation set, or NaN
 * @param perplexityAfter on the public validation set, or NaN
 */
public record FinetuneResult(
    double epsilon,
    double delta,
    String accountant,
    double claimedEpsilon,
    long steps,
    Path adapter,
    Path ledger,
    Path report,
    double perplexityBefore,
    double perplexityAfter) {
  /** The same with what the public validation data gave before and after. */
  FinetuneResult withPerplexity(double before, double after) {
    return new FinetuneResult(
        epsilon, delta, accountant, claimedEpsilon, steps, adapter, ledger, report, before, after);
  }
}
