package dev.sotto.cli;

import dev.sotto.plan.DryRun;
import dev.sotto.plan.FinetuneOptions;
import dev.sotto.plan.FinetuneSummary;
import dev.sotto.plan.PrivacyPlan;
import java.util.LinkedHashMap;
import java.util.Map;

/** What {@code finetune --dry-run} says. */
final class DryRunLines {
  private static final double MIB = 1 << 20;

  private DryRunLines() {}

  static void print(FinetuneOptions options, DryRun run, Console console) {
    FinetuneSummary summary = run.summary();
    PrivacyPlan plan = run.plan();
    boolean proven = plan != null && plan.provesEpsilon();
    double seconds = run.secondsAStep() * summary.steps();
    console.line("dry run     all input is good; nothing was spent, and nothing written");
    console.line(
        proven
            ? "epsilon     would be at most "
                + Figures.bound(plan.epsilon())
                + " at delta "
                + Figures.number(plan.delta())
                + " ("
                + plan.accountantName()
                + " accountant), noise multiplier "
                + Figures.bound(plan.noiseMultiplier())
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
    console.result(fields(run, proven, seconds));
  }

  private static String unit(FinetuneOptions options) {
    String column = options.data().columns().unit();
    return column == null ? "a record" : "a value of " + column;
  }

  /** Exact private counts are not among them: JSON is made to be kept. */
  private static Map<String, Object> fields(DryRun run, boolean proven, double seconds) {
    FinetuneSummary summary = run.summary();
    PrivacyPlan plan = run.plan();
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("dry_run", true);
    fields.put("epsilon", proven ? plan.epsilon() : Double.NaN);
    fields.put("delta", plan == null ? Double.NaN : plan.delta());
    fields.put("accountant", proven ? plan.accountantName() : null);
    fields.put("noise_multiplier", plan == null ? 0 : plan.noiseMultiplier());
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
