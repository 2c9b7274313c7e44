package dev.sotto.cli;

import dev.sotto.base.Figures;
import dev.sotto.plan.Account;
import dev.sotto.plan.DryRun;
import dev.sotto.plan.FinetuneOptions;
import dev.sotto.plan.FinetuneSummary;
import java.util.LinkedHashMap;
import java.util.Map;

/** What {@code finetune --dry-run} says. */
final class DryRunLines {
  private static final double MIB = 1 << 20;

  private DryRunLines() {}

  static void print(FinetuneOptions options, DryRun run, Console console) {
    FinetuneSummary summary = run.summary();
    double seconds = run.secondsAStep() * summary.steps();
    console.line("dry run     all input is good; nothing was spent, and nothing written");
    console.line(
        run.account() instanceof Account.Proven proven
            ? "epsilon     would be at most "
                + Figures.bound(proven.epsilon())
                + " at delta "
                + Figures.number(proven.delta())
                + " ("
                + proven.accountantName()
                + " accountant), noise multiplier "
                + Figures.noiseMultiplier(proven.noise().noiseMultiplier())
            : "epsilon     none would be stated");
    console.line(
        "units       "
            + Figures.count(summary.units())
            + " of them, "
            + unit(options)
            + " each, taken to be public");
    console.line(
        "tokens      nominally "
            + Figures.count(summary.expectedBatchTokens())
            + " a step, if every unit is one sequence of "
            + options.data().maxLength());
    console.line(
        "time        nominally "
            + Figures.number(run.secondsAStep())
            + " s a step, "
            + Figures.seconds(seconds)
            + " for "
            + Figures.count(summary.steps())
            + " steps (a micro-batch of made-up tokens was timed)");
    if (run.peakMemory() > 0) {
      console.line(
          "memory      "
              + Figures.count(run.peakMemory() / MIB)
              + " MiB at most so far, with the records and one micro-batch");
    }
    console.line(
        "public      all in the output but what lies in private/, with it N, epsilon, delta and the"
            + " names of files and columns; "
            + (options.data().validation() != null || options.data().validationFraction() > 0
                ? "the perplexity of the validation data"
                : "no perplexity"));
    DryRun.PrivateCounts counts = run.counts();
    console.line(
        "PRIVATE     for you alone, in no file: "
            + Figures.count(counts.tokens())
            + " tokens, "
            + Figures.count(counts.targets())
            + " of them learned, in "
            + Figures.count(counts.sequences())
            + " sequences of "
            + Figures.count(counts.units())
            + " units; "
            + Figures.count(counts.nothingToLearn())
            + " units have nothing to learn");
    console.result(fields(run, seconds));
  }

  private static String unit(FinetuneOptions options) {
    String column = options.data().columns().unit();
    return column == null ? "a record" : "a value of " + column;
  }

  /** Exact private counts are not among them: JSON is made to be kept. */
  private static Map<String, Object> fields(DryRun run, double seconds) {
    FinetuneSummary summary = run.summary();
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("dry_run", true);
    boolean proven = run.account() instanceof Account.Proven;
    boolean noised = run.account() instanceof Account.Private;
    fields.put("epsilon", proven ? ((Account.Proven) run.account()).epsilon() : Double.NaN);
    fields.put("delta", noised ? run.account().delta() : Double.NaN);
    fields.put("accountant", proven ? ((Account.Proven) run.account()).accountantName() : null);
    fields.put(
        "noise_multiplier",
        noised ? ((Account.Private) run.account()).noise().noiseMultiplier() : 0);
    fields.put("units", summary.units());
    fields.put("steps", summary.steps());
    fields.put("nominal_tokens_a_step", summary.expectedBatchTokens());
    fields.put("nominal_seconds_a_step", run.secondsAStep());
    fields.put("nominal_seconds", seconds);
    fields.put("peak_memory_bytes", run.peakMemory());
    fields.put("model_parameters", summary.modelParameters());
    fields.put("trainable_parameters", summary.trainableParameters());
    return fields;
  }
}
