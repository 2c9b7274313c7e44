package dev.sotto.study;

import dev.sotto.report.ChartStyle;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** {@code table.md}: for each ε what the controllers came to. */
final class StudyTable {
  private final StudyResults results;
  private final StudyConfig config;
  private final StringBuilder page = new StringBuilder("# Study\n\n");

  private StudyTable(StudyResults results) {
    this.results = results;
    config = results.config();
  }

  /**
   * The page.
   *
   * @param results to show
   * @param pictures names of the picture files beside the page, without their ending
   */
  static String of(StudyResults results, List<String> pictures) {
    return new StudyTable(results).write(pictures);
  }

  private String write(List<String> pictures) {
    page.append("**").append(Study.NOT_COVERED).append("**\n\n");
    about();
    for (double epsilon : config.epsilons()) {
      page.append("\n## ε = ").append(ChartStyle.digits(epsilon)).append("\n\n");
      summary(epsilon);
      if (config.arms().size() > 1) {
        updates(epsilon);
      }
    }
    failures();
    if (!pictures.isEmpty()) {
      page.append("\n## Pictures\n");
      for (String name : pictures) {
        page.append("\n![").append(name).append("](").append(name).append(".svg)\n");
      }
    }
    return page.toString();
  }

  private void about() {
    long finished = results.runs().size() - results.failed().size();
    page.append(finished)
        .append(" of ")
        .append(results.runs().size())
        .append(" runs finished: ")
        .append(config.arms().size())
        .append(" controllers, ")
        .append(config.epsilons().size())
        .append(" values of ε, seeds ")
        .append(config.seeds().stream().map(String::valueOf).collect(Collectors.joining(", ")))
        .append(". Figures are medians over the seeds, with the smallest and the largest in ")
        .append("brackets. Perplexity is measured on the validation file; lower is better.\n");
    if (config.seededNoise()) {
      page.append("\nSampling and noise were drawn from the seeds, so that the study can be ")
          .append("repeated to the bit; the adapters are protected by nothing.\n");
    }
  }

  private void summary(double epsilon) {
    String baseline = config.arms().get(0).label();
    boolean canaries = config.audit() != null && config.audit().canaries() != null;
    boolean members = config.audit() != null && config.audit().members() != null;
    row(
        "controller",
        "runs",
        "perplexity before",
        "perplexity after",
        "updates to the final perplexity of " + baseline,
        "ε spent",
        canaries ? "canary exposure, bits" : null,
        canaries ? "canaries extracted" : null,
        members ? "membership AUC" : null,
        members ? "calibrated AUC" : null,
        "controller's share of the time");
    row(
        "---",
        "--:",
        "--:",
        "--:",
        "--:",
        "--:",
        canaries ? "--:" : null,
        canaries ? "--:" : null,
        members ? "--:" : null,
        members ? "--:" : null,
        "--:");
    for (StudyArm arm : config.arms()) {
      Spread updates = results.updatesToReach(config.arms().get(0), arm, epsilon);
      row(
          arm.label(),
          String.valueOf(results.of(arm, epsilon).size()),
          number(results.spread(arm, epsilon, r -> r.outcome().perplexityBefore()).median()),
          spread(arm, epsilon, r -> r.outcome().perplexityAfter()),
          updates(updates),
          bound(results.spread(arm, epsilon, r -> r.outcome().epsilon()).most()),
          canaries ? spread(arm, epsilon, r -> r.outcome().audit().canaryExposure()) : null,
          canaries ? spread(arm, epsilon, r -> r.outcome().audit().canariesExtracted()) : null,
          members ? spread(arm, epsilon, r -> r.outcome().audit().membershipAuc()) : null,
          members ? spread(arm, epsilon, r -> r.outcome().audit().calibratedAuc()) : null,
          percent(results.spread(arm, epsilon, RunResult::controllerShare).median()));
    }
  }

  /** How fast each reaches the end of each. */
  private void updates(double epsilon) {
    page.append("\nMedian updates until the final perplexity that the controller named above the ")
        .append("column came to with the same seed was first measured:\n\n");
    List<StudyArm> arms = config.arms();
    row(cells("controller", arms, StudyArm::label));
    row(cells("---", arms, arm -> "--:"));
    for (StudyArm arm : arms) {
      row(
          cells(
              arm.label(),
              arms,
              baseline -> count(results.updatesToReach(baseline, arm, epsilon).median())));
    }
  }

  private static String[] cells(
      String first, List<StudyArm> arms, Function<StudyArm, String> cell) {
    String[] cells = new String[arms.size() + 1];
    cells[0] = first;
    for (int i = 0; i < arms.size(); i++) {
      cells[i + 1] = cell.apply(arms.get(i));
    }
    return cells;
  }

  private void failures() {
    if (results.failed().isEmpty()) {
      return;
    }
    page.append("\n## Failed\n\nStart the study again to do these once more.\n\n");
    for (RunResult result : results.failed()) {
      page.append("- ")
          .append(result.run().title())
          .append(": ")
          .append(result.error())
          .append('\n');
    }
  }

  /** Cells that are null are left out. */
  private void row(String... cells) {
    page.append('|');
    for (String cell : cells) {
      if (cell != null) {
        page.append(' ').append(cell.replace("|", "\\|")).append(" |");
      }
    }
    page.append('\n');
  }

  private String spread(StudyArm arm, double epsilon, ToDoubleFunction<RunResult> figure) {
    Spread spread = results.spread(arm, epsilon, figure);
    return spread.count() < 2
        ? number(spread.median())
        : number(spread.median())
            + " ("
            + number(spread.least())
            + " to "
            + number(spread.most())
            + ")";
  }

  private static String updates(Spread updates) {
    return updates.count() < 2
        ? count(updates.median())
        : count(updates.median())
            + " ("
            + count(updates.least())
            + " to "
            + count(updates.most())
            + ")";
  }

  private static String count(double updates) {
    return Double.isNaN(updates)
        ? "–"
        : Double.isInfinite(updates) ? "never" : String.format(Locale.ROOT, "%.0f", updates);
  }

  private static String percent(double share) {
    return Double.isNaN(share) ? "–" : String.format(Locale.ROOT, "%.2g%%", 100 * share);
  }

  /** Rounded up, so that the page never states less than was spent. */
  private static String bound(double value) {
    return Double.isFinite(value)
        ? new BigDecimal(value)
            .round(new MathContext(4, RoundingMode.CEILING))
            .stripTrailingZeros()
            .toPlainString()
        : number(value);
  }

  private static String number(double value) {
    return Double.isNaN(value) ? "–" : ChartStyle.digits(value);
  }
}
