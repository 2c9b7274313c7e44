package dev.sotto.cli;

import dev.sotto.base.Figures;
import dev.sotto.plan.Account;
import dev.sotto.plan.DryRun;
import dev.sotto.plan.FinetuneOptions;
import dev.sotto.plan.FinetuneSummary;
import dev.sotto.report.Fact;
import dev.sotto.report.Report;

/** What {@code finetune --dry-run} says. */
final class DryRunLines {
  private static final double MIB = 1 << 20;

  private DryRunLines() {}

  static void print(FinetuneOptions options, DryRun run, Console console) {
    FinetuneSummary summary = run.summary();
    double seconds = run.secondsAStep() * summary.steps();
    Report report = new Report();
    report.row("dry run", "all input is good; nothing was spent, and nothing written");
    report.data(Fact.of("dry_run", true));
    addPrivacy(report, run.account());
    report.row(
        "units",
        "{} of them, {} each, taken to be public",
        Fact.count("units", summary.units()),
        Fact.said(unit(options)));
    report.row(
        "tokens",
        "nominally {} a step, if every unit is one sequence of {}",
        Fact.of(
            "nominal_tokens_a_step",
            summary.expectedBatchTokens(),
            Figures.count(summary.expectedBatchTokens())),
        Fact.said(options.data().maxLength()));
    report.row(
        "time",
        "nominally {} a step, {} for {} (a micro-batch of made-up tokens was timed)",
        Fact.number("nominal_seconds_a_step", run.secondsAStep()).in("s"),
        Fact.of("nominal_seconds", seconds, Figures.seconds(seconds)),
        Fact.count("steps", summary.steps(), "step"));
    Fact memory =
        Fact.of("peak_memory_bytes", run.peakMemory(), Figures.count(run.peakMemory() / MIB));
    if (run.peakMemory() > 0) {
      report.row(
          "memory", "{} at most so far, with the records and one micro-batch", memory.in("MiB"));
    } else {
      report.data(memory);
    }
    report.row(
        "public",
        "all in the output but what lies in private/, with it N, epsilon, delta and the names of"
            + " files and columns; {}",
        Fact.said(
            options.data().validation().isPresent() || options.data().validationFraction() > 0
                ? "the perplexity of the validation data"
                : "no perplexity"));
    report.data(
        Fact.count("model_parameters", summary.modelParameters()),
        Fact.count("trainable_parameters", summary.trainableParameters()));
    // Exact private counts have no key: JSON is made to be kept.
    DryRun.PrivateCounts counts = run.counts();
    report.row(
        "PRIVATE",
        "for you alone, in no file: {}, {} of them learned, in {} of {}; {} nothing to learn",
        Fact.count(null, counts.tokens(), "token"),
        Fact.count(null, counts.targets()),
        Fact.count(null, counts.sequences(), "sequence"),
        Fact.count(null, counts.units(), "unit"),
        Fact.said(Figures.count(counts.nothingToLearn(), "unit has", "units have")));
    console.print(report);
  }

  private static void addPrivacy(Report report, Account account) {
    double z = account instanceof Account.Private noised ? noised.noise().noiseMultiplier() : 0;
    Fact multiplier = Fact.of("noise_multiplier", z, Figures.noiseMultiplier(z));
    if (account instanceof Account.Proven proven) {
      report.row(
          "epsilon",
          "would be at most {} at delta {} ({} accountant), noise multiplier {}",
          Fact.atMost("epsilon", proven.epsilon()),
          Fact.delta("delta", proven.delta()),
          Fact.of("accountant", proven.accountantName()),
          multiplier);
    } else {
      report.row("epsilon", "none would be stated");
      double delta = account instanceof Account.Private ? account.delta() : Double.NaN;
      report.data(
          Fact.of("epsilon", null),
          Fact.delta("delta", delta),
          Fact.of("accountant", null),
          multiplier);
    }
  }

  private static String unit(FinetuneOptions options) {
    String column = options.data().columns().unit();
    return column == null ? "a record" : "a value of " + column;
  }
}
