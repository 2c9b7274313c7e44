package dev.sotto.plan;

import dev.sotto.report.FinetuneReport;
import java.util.DoubleSummaryStatistics;
import java.util.stream.DoubleStream;

/** What the report says of a finished run. */
final class ReportFacts {
  private ReportFacts() {}

  /**
   * Collects it.
   *
   * @param plan null without privacy
   * @param units N, public
   * @param seeded whether sampling and noise came from a fixed test seed
   */
  static FinetuneReport.Facts of(
      FinetuneOptions options,
      PrivacyPlan plan,
      long units,
      boolean seeded,
      FinetuneResult result) {
    String unit = options.data().columns().unit();
    return new FinetuneReport.Facts(
        result.epsilon(),
        result.delta(),
        result.steps(),
        result.accountant(),
        options.control() == null ? null : options.control().controller(),
        plan == null ? null : noise(options.privacy(), plan),
        unit == null ? "record" : unit,
        units,
        seeded,
        result.perplexityBefore(),
        result.perplexityAfter());
  }

  /** Null for Gaussian noise. */
  private static FinetuneReport.Noise noise(PrivacyOptions privacy, PrivacyPlan plan) {
    if (privacy.noise().law() == null) {
      return null;
    }
    DoubleSummaryStatistics relative =
        DoubleStream.of(plan.noiseStddevs())
            .map(stddev -> stddev / privacy.clipNorm())
            .summaryStatistics();
    return new FinetuneReport.Noise(
        plan.mechanism(), relative.getMin(), relative.getMax(), plan.provesEpsilon());
  }
}
