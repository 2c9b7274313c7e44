package dev.sotto.plan;

import dev.sotto.report.FinetuneReport;
import java.util.DoubleSummaryStatistics;
import java.util.Optional;
import java.util.stream.DoubleStream;

/** What the report says of a finished run. */
final class ReportFacts {
  private ReportFacts() {}

  /**
   * Collects it.
   *
   * @param units N, public
   * @param seeded whether sampling and noise came from a fixed test seed
   */
  static FinetuneReport.Facts of(
      FinetuneOptions options, long units, boolean seeded, FinetuneResult result) {
    Optional<Account.Private> account =
        result.account() instanceof Account.Private noised ? Optional.of(noised) : Optional.empty();
    String unit = options.data().columns().unit();
    return new FinetuneReport.Facts(
        result.epsilon(),
        result.delta(),
        result.steps(),
        account.map(Account.Private::accountantName).orElse(null),
        account
            .flatMap(noised -> noised.noise().control())
            .map(ControlPlan::controller)
            .orElse(null),
        account.map(noised -> noise(options.privacy(), noised)).orElse(null),
        unit == null ? "record" : unit,
        units,
        seeded,
        result.perplexity().map(Perplexity::before).orElse(Double.NaN),
        result.perplexity().map(Perplexity::after).orElse(Double.NaN));
  }

  /** Null for Gaussian noise. */
  private static FinetuneReport.Noise noise(Privacy privacy, Account.Private account) {
    NoisePlan plan = account.noise();
    if (plan.isGaussian()) {
      return null;
    }
    DoubleSummaryStatistics relative =
        DoubleStream.of(plan.noiseStddevs())
            .map(stddev -> stddev / privacy.clipNorm())
            .summaryStatistics();
    return new FinetuneReport.Noise(
        plan.kind().word(),
        relative.getMin(),
        relative.getMax(),
        account instanceof Account.Proven);
  }
}
