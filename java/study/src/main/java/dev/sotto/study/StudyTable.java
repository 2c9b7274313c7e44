package dev.sotto.study;

import dev.sotto.base.Figures;
import dev.sotto.report.Fact;
import dev.sotto.report.Item;
import dev.sotto.report.Markdown;
import dev.sotto.report.Report;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** {@code table.md}: for each ε what the controllers came to. */
final class StudyTable {
  private final StudyResults results;
  private final StudyConfig config;
  private final Report page = new Report("Study");

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
    return Markdown.of(new StudyTable(results).report(pictures));
  }

  private Report report(List<String> pictures) {
    page.warning(Study.NOT_COVERED, "");
    about();
    for (double epsilon : config.epsilons()) {
      Report part = page.section("ε = " + Figures.number(epsilon));
      summary(epsilon, part);
      if (config.arms().size() > 1) {
        updates(epsilon, part);
      }
    }
    failures();
    if (!pictures.isEmpty()) {
      Report part = page.section("Pictures");
      pictures.forEach(name -> part.text("![{}]({}.svg)", Fact.said(name), Fact.said(name)));
    }
    return page;
  }

  private void about() {
    page.text(
        "{} of {} runs finished: {} controllers, {} values of ε, seeds {}. Figures are medians over"
            + " the seeds, with the smallest and the largest in brackets. Perplexity is measured on"
            + " the validation file; lower is better.",
        Fact.said(results.runs().size() - results.failed().size()),
        Fact.said(results.runs().size()),
        Fact.said(config.arms().size()),
        Fact.said(config.epsilons().size()),
        Fact.said(config.seeds().stream().map(String::valueOf).collect(Collectors.joining(", "))));
    if (config.seededNoise()) {
      page.text(
          "Sampling and noise were drawn from the seeds, so that the study can be repeated to the"
              + " bit; the adapters are protected by nothing.");
    }
  }

  /** A column of figures, and what stands in it for a controller. */
  private record Figure(String title, Function<StudyArm, String> of) {}

  private void summary(double epsilon, Report part) {
    StudyArm baseline = config.arms().get(0);
    List<Figure> figures = new ArrayList<>();
    figures.add(new Figure("runs", arm -> String.valueOf(results.of(arm, epsilon).size())));
    figures.add(
        new Figure(
            "perplexity before",
            arm ->
                number(
                    results.spread(arm, epsilon, r -> r.outcome().perplexityBefore()).median())));
    figures.add(spread("perplexity after", epsilon, r -> r.outcome().perplexityAfter()));
    figures.add(
        new Figure(
            "updates to the final perplexity of " + baseline.label(),
            arm -> words(results.updatesToReach(baseline, arm, epsilon), StudyTable::count)));
    figures.add(
        new Figure(
            "ε spent",
            arm -> bound(results.spread(arm, epsilon, r -> r.outcome().epsilon()).most())));
    if (config.audit() != null && config.audit().canaries() != null) {
      figures.add(
          spread("canary exposure, bits", epsilon, r -> r.outcome().audit().canaryExposure()));
      figures.add(
          spread("canaries extracted", epsilon, r -> r.outcome().audit().canariesExtracted()));
    }
    if (config.audit() != null && config.audit().members() != null) {
      figures.add(spread("membership AUC", epsilon, r -> r.outcome().audit().membershipAuc()));
      figures.add(spread("calibrated AUC", epsilon, r -> r.outcome().audit().calibratedAuc()));
    }
    figures.add(
        new Figure(
            "controller's share of the time",
            arm -> percent(results.spread(arm, epsilon, RunResult::controllerShare).median())));
    table(part, figures);
  }

  private Figure spread(String title, double epsilon, ToDoubleFunction<RunResult> figure) {
    return new Figure(
        title, arm -> words(results.spread(arm, epsilon, figure), StudyTable::number));
  }

  /** How fast each reaches the end of each. */
  private void updates(double epsilon, Report part) {
    part.text(
        "Median updates until the final perplexity that the controller named above the column came"
            + " to with the same seed was first measured:");
    List<Figure> figures = new ArrayList<>();
    for (StudyArm baseline : config.arms()) {
      figures.add(
          new Figure(
              baseline.label(),
              arm -> count(results.updatesToReach(baseline, arm, epsilon).median())));
    }
    table(part, figures);
  }

  /** A row for each controller. */
  private void table(Report part, List<Figure> figures) {
    Item.Table table =
        part.table(
            null,
            Stream.concat(Stream.of("controller"), figures.stream().map(Figure::title))
                .map(title -> new Item.Column(title, title.length()))
                .toArray(Item.Column[]::new));
    for (StudyArm arm : config.arms()) {
      table.row(
          Stream.concat(Stream.of(arm.label()), figures.stream().map(f -> f.of().apply(arm)))
              .map(Fact::said)
              .toArray(Fact[]::new));
    }
  }

  private void failures() {
    if (results.failed().isEmpty()) {
      return;
    }
    Report part = page.section("Failed");
    part.text("Start the study again to do these once more.");
    for (RunResult result : results.failed()) {
      part.row(result.run().title(), Fact.said(result.error()));
    }
  }

  /** The median, and what it lies between where there are several. */
  private static String words(Spread spread, DoubleFunction<String> figure) {
    String median = figure.apply(spread.median());
    return spread.count() < 2
        ? median
        : median + " (" + figure.apply(spread.least()) + " to " + figure.apply(spread.most()) + ")";
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
    return Double.isFinite(value) ? Figures.bound(value) : number(value);
  }

  private static String number(double value) {
    return Double.isNaN(value)
        ? "–"
        : Double.isInfinite(value) ? "infinite" : Figures.number(value);
  }
}
