package dev.sotto.plan;

import dev.sotto.report.Fact;
import dev.sotto.report.Report;

/**
 * What a finished run says of itself at its end, of public values and released ones only. {@link
 * FinetunePage} is what it leaves beside its adapter.
 *
 * @param options of the run
 * @param result what it left behind
 */
public record FinetuneReport(FinetuneOptions options, FinetuneResult result) {
  /** Stands before and after a run whose noise nobody sound has vouched for. */
  public static final String NO_GUARANTEE =
      "NOT A DIFFERENTIAL PRIVACY GUARANTEE: --accounting paper chose the noise; it bounds a single"
          + " number, and this run releases vectors";

  /** What is said at the end, with the results under the names that programs rely on. */
  public Report end() {
    Report report = new Report();
    Account account = result.account();
    boolean noised = account instanceof Account.Private;
    if (options.testSeed().isPresent()) {
      report.row(
          "NO GUARANTEE",
          "sampling and noise came from a fixed test seed: anyone can recompute them");
      if (!(account instanceof Account.PaperClaim)) {
        report.data(Fact.of("guarantee", "none"));
      }
    }
    if (account instanceof Account.Proven proven) {
      report.row(
          "epsilon",
          "at most {} at delta {} ({} accountant)",
          epsilon(),
          delta(),
          Fact.of("accountant", proven.accountantName()));
    } else if (account instanceof Account.PaperClaim claim) {
      report.row("epsilon", "none is stated: {}", Fact.said(NO_GUARANTEE));
      report.data(
          epsilon(),
          delta(),
          Fact.of("accountant", claim.accountantName()),
          Fact.number("claimed_epsilon_paper", claim.claimedEpsilon()),
          Fact.of("guarantee", "none"));
    } else {
      report.row("epsilon", "none: this adapter may repeat its training data");
      report.data(epsilon(), delta(), Fact.of("accountant", null));
    }
    report.row("steps", steps());
    result
        .perplexity()
        .ifPresent(
            perplexity ->
                report.row(
                    "perplexity",
                    "{} before, {} after, on the public validation data",
                    before(perplexity),
                    after(perplexity)));
    result.scores().ifPresent(scores -> ScoreRows.add(report, scores));
    report.row("adapter", Fact.of("adapter", result.adapter()));
    if (noised) {
      report.row("ledger", Fact.of("ledger", result.ledger()));
    } else {
      report.data(Fact.of("ledger", null));
    }
    report.row(
        "report",
        "{}, for a browser {}",
        Fact.of("report", result.report()),
        Fact.said(result.directory().page()));
    boolean chat = options.data().reading().layout().isPresent();
    report.row(
        "try",
        options.task().kind() == TaskOptions.Kind.GENERATE
            ? "sotto generate --model {} --adapter {}" + (chat ? " --chat" : "")
            : "sotto predict --model {} --adapter {} --data FILE --output FILE",
        Fact.said(options.model()),
        Fact.said(result.adapter()));
    return report;
  }

  private Fact epsilon() {
    return Fact.atMost("epsilon", result.epsilon());
  }

  private Fact delta() {
    return Fact.delta("delta", result.delta());
  }

  private Fact steps() {
    return Fact.count("steps", result.steps());
  }

  private static Fact before(Perplexity perplexity) {
    return Fact.number("perplexity_before", perplexity.before());
  }

  private static Fact after(Perplexity perplexity) {
    return Fact.number("perplexity_after", perplexity.after());
  }
}
