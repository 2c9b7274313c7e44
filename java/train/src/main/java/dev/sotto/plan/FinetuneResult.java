package dev.sotto.plan;

import dev.sotto.task.Estimate;
import dev.sotto.task.Metric;
import dev.sotto.trainer.Outcome;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * What a run leaves behind.
 *
 * @param account who answers for its cost
 * @param outcome how its steps ended
 * @param epsilon upper bound on ε, from the ledger; infinite without privacy and where nobody
 *     vouches for one
 * @param directory adapter, report, and of a private run the ledger
 * @param perplexity on the public validation data, if there is any and text is learned
 * @param scores how well labels of the public validation data are told, if there are any
 */
public record FinetuneResult(
    Account account,
    Outcome outcome,
    double epsilon,
    RunDirectory directory,
    Optional<Perplexity> perplexity,
    Optional<Map<Metric, Estimate>> scores) {
  /** δ; 1 without privacy. */
  public double delta() {
    return account.delta();
  }

  /** Charged steps. */
  public long steps() {
    return outcome.steps();
  }

  /** Directory of the PEFT adapter. */
  public Path adapter() {
    return directory.path();
  }

  /** The ledger of a private run; without privacy there is none. */
  public Path ledger() {
    return directory.ledger();
  }

  /** The report. */
  public Path report() {
    return directory.report();
  }
}
