package dev.sotto.plan;

import dev.sotto.report.Fact;
import dev.sotto.report.Item;
import dev.sotto.report.Report;
import java.util.DoubleSummaryStatistics;
import java.util.Map;
import java.util.stream.DoubleStream;

/**
 * What a finished run says of itself, of public values and released ones only: to whom it was made
 * for, and on the page that it leaves beside its adapter.
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
    if (options.testSeed() != null) {
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
    report.row("report", Fact.of("report", result.report()));
    report.row(
        "try",
        options.task().kind() == TaskOptions.Kind.GENERATE
            ? "sotto generate --model {} --adapter {}"
            : "sotto predict --model {} --adapter {} --data FILE --output FILE",
        Fact.said(options.model()),
        Fact.said(result.adapter()));
    return report;
  }

  /**
   * The page of a run: what was guaranteed to whom, what was assumed, with which settings.
   *
   * @param settings by name, all of them public
   */
  Report page(Map<String, String> settings) {
    Report page = new Report("Fine-tuning report");
    if (result.account() instanceof Account.Proven proven) {
      guarantee(page.section("Guarantee"), proven);
    } else if (result.account() instanceof Account.PaperClaim claim) {
      noGuarantee(page.section("Guarantee"), claim);
    } else {
      page.warning(
          "No privacy.",
          "This adapter was trained without clipping or noise. It may reproduce its training"
              + " data.");
    }
    result
        .perplexity()
        .ifPresent(
            perplexity ->
                page.section("Utility")
                    .text(
                        "Perplexity on the public validation data: {} before, {} after.",
                        before(perplexity),
                        after(perplexity)));
    result.scores().ifPresent(scores -> ScoreRows.add(page.section("Utility"), scores));
    Item.Table table =
        page.section("Settings")
            .table(null, new Item.Column("setting", -20), new Item.Column("value", -1));
    settings.forEach(
        (name, value) -> {
          if (!value.isEmpty() && !value.equals("null")) {
            table.row(Fact.said(name), Fact.said(shown(name, value)));
          }
        });
    return page;
  }

  private void guarantee(Report page, Account.Proven account) {
    if (options.testSeed() != null) {
      page.warning(
          "None: this run used a fixed test seed.",
          "Anyone can recompute its noise. What follows is what a run with secret randomness would"
              + " have guaranteed.");
    }
    NoisePlan plan = account.noise();
    String column = options.data().columns().unit();
    page.text(
        "(ε, δ) = ({}, {}) after {}, for adding or removing one {}.",
        epsilon(),
        delta(),
        Fact.count("steps", result.steps(), "step"),
        Fact.said(column == null ? "record" : "value of " + column + " with all its records"));
    page.row(
        "Accountant",
        "{}; `sotto account --ledger ledger.jsonl` derives ε again from the ledger alone.",
        Fact.said(account.accountantName()));
    page.row("Released", "the adapter, every noisy gradient, the ledger, this report.");
    page.row("Not for publishing", "`private/`, which only a resume of this run needs.");
    page.row(
        "Treated as public",
        "the number of privacy units ({}), every setting below, the validation data.",
        Fact.count(null, plan.units()));
    if (options.task().labelsFromData()) {
      page.row(
          "Not covered by epsilon",
          "which classes there are: their names were read from the private records (`--labels"
              + " from-data`).");
    }
    page.row(
        "Not covered",
        "choosing settings by looking at private results, and timing. Whoever stops a run early"
            + " because of what it released quotes the target epsilon of all planned steps.");
    plan.control()
        .ifPresent(
            control ->
                page.row(
                    "Controller",
                    "{}. It saw public and released values alone, and whatever it chose, ε holds;"
                        + " `trajectory.jsonl` has all of it.",
                    Fact.said(control.controller())));
    if (!plan.isGaussian()) {
      mechanism(page, plan);
      page.row(
          "",
          "In d coordinates the account bounds the worst direction in which one unit may move a"
              + " vector whose L2 norm is clipped.");
    }
  }

  private void noGuarantee(Report page, Account.PaperClaim claim) {
    page.warning(
        "None: what follows is not a differential privacy guarantee.",
        "The size of the noise was chosen by the account of arXiv 2405.18776 (`--accounting"
            + " paper`). It bounds the privacy loss of a single number, and this run released"
            + " vectors. No epsilon is stated, and `sotto account` refuses to derive one.");
    mechanism(page, claim.noise());
    page.row("Steps", steps());
  }

  private void mechanism(Report page, NoisePlan plan) {
    DoubleSummaryStatistics relative =
        DoubleStream.of(plan.noiseStddevs())
            .map(stddev -> stddev / options.privacy().clipNorm())
            .summaryStatistics();
    String least = Fact.number(null, relative.getMin()).text();
    String most = Fact.number(null, relative.getMax()).text();
    page.row(
        "Mechanism",
        "{}; the noise on a coordinate of the clipped sum has {}.",
        Fact.said(plan.kind().word()),
        Fact.said(
            Double.isInfinite(relative.getMax())
                ? "no finite standard deviation"
                : "standard deviation "
                    + (least.equals(most) ? least : least + " to " + most)
                    + " times the clip norm"));
  }

  /** A setting's value as a person would write it. */
  private static String shown(String name, String value) {
    if (name.equals(DataOptions.MAX_BLOCKS_PER_UNIT.key())
        && value.equals(String.valueOf(Integer.MAX_VALUE))) {
      return "all";
    }
    // Doubles alone: a name or a digest that looks like a number has no point in it.
    return value.matches("-?\\d+\\.\\d+(E-?\\d+)?")
        ? value.replaceFirst("\\.0(?=E|$)", "").replace('E', 'e')
        : value;
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
