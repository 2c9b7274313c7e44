package dev.sotto.cli;

import dev.sotto.data.DataColumns;
import dev.sotto.data.PrivacyUnit;
import dev.sotto.plan.DataOptions;
import dev.sotto.plan.PrivateEvaluationRun;
import dev.sotto.report.Fact;
import dev.sotto.report.Report;
import dev.sotto.search.NoiseCandidate;
import dev.sotto.settings.Range;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;
import dev.sotto.task.Estimate;
import dev.sotto.trainer.PrivateEvaluation;
import dev.sotto.trainer.UnitMeasure;
import java.nio.file.Path;
import java.util.List;

/** {@code sotto evaluate --private-epsilon}: one number about private records, under noise. */
final class PrivateMeasurement {
  static final Setting<Double> PRIVATE_EPSILON =
      Setting.number(
          "private-epsilon",
          "E",
          Range.EPSILON,
          "release the mean loss of private records, or the accuracy of their labels, for this"
              + " epsilon");
  private static final Setting<Path> LEDGER =
      Setting.path("ledger", "FILE", "new .jsonl file that this release is charged to");
  private static final Setting<Path> BUDGET_BOOK =
      Setting.path("budget-book", "FILE", "budget of the data set that it is charged to as well");
  private static final Setting<String> PRIVACY_UNIT =
      Setting.text(
          "privacy-unit", "NAME", "column whose records count, and are protected, together");
  private static final Setting<Double> PRIVATE_DELTA =
      Setting.number("private-delta", "D", Range.DELTA, "the delta of that release; default: %s")
          .or(1e-6);
  static final Setting<Double> LOSS_BOUND =
      Setting.number(
          "loss-bound",
          "L",
          Range.LOSS_BOUND,
          "nats per token that one privacy unit counts for at most; default: the log of the"
              + " vocabulary's size");

  static final Section SECTION =
      Section.of(
          "Privacy", PRIVATE_EPSILON, LEDGER, BUDGET_BOOK, PRIVACY_UNIT, PRIVATE_DELTA, LOSS_BOUND);

  private PrivateMeasurement() {}

  /** Before the model is loaded and the records are read: whether a release is asked for. */
  static boolean check(Values values) {
    if (values.has(PRIVATE_EPSILON)) {
      DiabetesSynthesis.newFile(values, LEDGER, ".jsonl");
      return true;
    }
    for (Setting<?> setting :
        List.of(PRIVATE_DELTA, LOSS_BOUND, LEDGER, BUDGET_BOOK, PRIVACY_UNIT)) {
      values.requireWith(setting, PRIVATE_EPSILON);
    }
    return false;
  }

  /** The columns of the records, with that of their units. */
  static DataColumns columns(Values values) {
    return DataOptions.columns(values).withUnit(values.find(PRIVACY_UNIT).orElse(null));
  }

  /** Charges the release, makes it and prints it. */
  static void release(
      Values values,
      LoadedModel loaded,
      List<PrivacyUnit> units,
      UnitMeasure measure,
      Console console) {
    PrivateEvaluationRun run =
        new PrivateEvaluationRun(
            new PrivateEvaluationRun.Evaluated(
                values.get(LoadedModel.MODEL),
                values.find(LoadedModel.ADAPTER).orElse(null),
                loaded.frame().framing(),
                loaded.chatOfRecords(values)),
            new PrivateEvaluationRun.Files(values.get(LEDGER), values.find(BUDGET_BOOK)),
            measure,
            new PrivateEvaluationRun.Target(
                values.find(PRIVACY_UNIT).orElse(null),
                values.get(PRIVATE_EPSILON),
                values.get(PRIVATE_DELTA)));
    WeakPromise.note(console, values.get(PRIVATE_EPSILON), values.get(PRIVATE_DELTA));
    String cut = "data      records are cut off at " + measure.maxLength() + " tokens";
    console.note(
        measure instanceof UnitMeasure.NatsPerToken
            ? cut + ", and a unit without a token to predict counts as 0; how many is private"
            : cut + "; how many is private. No figure but this one is a mean of bounded terms");
    PrivateEvaluation evaluation = run.execute(loaded.model(), loaded.lora(), units);
    NoiseCandidate noise = evaluation.noise().candidate();
    String unit = run.target().unitColumn() == null ? "record" : run.target().unitColumn();
    Report report = new Report();
    add(report, evaluation);
    report.row(
        "privacy",
        "epsilon {} at delta {} for one {} more or less, by {} noise",
        Fact.atMost("epsilon", noise.epsilon()),
        Fact.delta("delta", run.target().delta()),
        Fact.said(unit),
        Fact.of("noise", noise.kind().word(), NoiseTable.title(noise.kind())));
    report.row(
        "privacy unit",
        "{}, {} of them, taken to be public",
        Fact.of("privacy_unit", unit),
        Fact.count("units", units.size()));
    report.row("ledger", Fact.of("ledger", run.files().ledger()));
    console.print(report);
  }

  private static void add(Report report, PrivateEvaluation evaluation) {
    UnitMeasure measure = evaluation.measure();
    Estimate estimate = evaluation.estimate();
    String key = "private_" + measure.key();
    Fact value = Fact.number(key, estimate.value());
    Fact noise =
        Fact.number(
            "noise_mean_absolute", evaluation.noise().candidate().coordinate().meanAbsolute());
    if (measure instanceof UnitMeasure.NatsPerToken) {
      report.row(
          "nats per token",
          "{} +- {}  (mean over privacy units, each at most {})",
          value,
          noise,
          Fact.number("loss_bound", measure.bound()));
      return;
    }
    report.row(
        measure.key().replace('_', ' '),
        "{} +- {}  (mean over privacy units; 95% interval {} to {}, noise included)",
        value,
        noise,
        Fact.number(key + "_low", estimate.low()),
        Fact.number(key + "_high", estimate.high()));
  }
}
