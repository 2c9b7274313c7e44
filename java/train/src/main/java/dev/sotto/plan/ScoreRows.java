package dev.sotto.plan;

import dev.sotto.report.Fact;
import dev.sotto.report.Report;
import dev.sotto.task.Estimate;
import dev.sotto.task.Metric;
import java.util.Map;

/** How well labels were told, as rows of a report: each figure with its 95% interval. */
public final class ScoreRows {
  private ScoreRows() {}

  /** Adds a row a metric. */
  public static void add(Report report, Map<Metric, Estimate> scores) {
    scores.forEach(
        (metric, score) ->
            report.row(
                metric.key(),
                "{}  (95% interval {} to {})",
                Fact.number(metric.key(), score.value()),
                Fact.number(metric.key() + "_low", score.low()),
                Fact.number(metric.key() + "_high", score.high())));
  }
}
