package dev.sotto.plan;

import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.LaplaceEvent;
import dev.sotto.accounting.LmoEvent;
import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.base.InputException;
import dev.sotto.base.Sha256;
import dev.sotto.chat.ChatForm;
import dev.sotto.checkpoint.AdapterFiles;
import dev.sotto.checkpoint.WeightsDigest;
import dev.sotto.data.Framing;
import dev.sotto.data.PrivacyUnit;
import dev.sotto.ledger.Ledger;
import dev.sotto.ledger.LedgerHeader;
import dev.sotto.model.LanguageModel;
import dev.sotto.model.LoraAdapters;
import dev.sotto.search.ScalarNoise;
import dev.sotto.trainer.PrivateEvaluation;
import dev.sotto.trainer.UnitMeasure;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One release of how well a model predicts private records, with a ledger of its own that {@code
 * sotto account} reads like any other: one step, of which every unit is part.
 *
 * @param evaluated the model
 * @param files where it is charged
 * @param measure what one unit counts for
 * @param target what it may cost
 */
public record PrivateEvaluationRun(
    Evaluated evaluated, Files files, UnitMeasure measure, Target target) {
  /**
   * What is evaluated.
   *
   * @param model directory of the base model
   * @param adapter its adapter's directory, or null
   * @param framing both switches of what stands around each record
   * @param chat by what conversations become text; empty where records are none
   */
  public record Evaluated(Path model, Path adapter, Framing framing, Optional<ChatForm> chat) {}

  /**
   * Where the release is charged.
   *
   * @param ledger new file
   * @param budgetBook of the data set; empty for none
   */
  public record Files(Path ledger, Optional<Path> budgetBook) {}

  /**
   * The guarantee wanted.
   *
   * @param unitColumn the column whose values are the units, or null if each record is one
   * @param epsilon wanted
   * @param delta of the release
   */
  public record Target(String unitColumn, double epsilon, double delta) {}

  /**
   * Finds the noise, charges it, and releases.
   *
   * @param units of the records, at least one
   * @throws InputException if delta is not below one over their number
   */
  public PrivateEvaluation execute(LanguageModel base, LoraAdapters lora, List<PrivacyUnit> units) {
    TargetDelta.require(target.delta(), units.size());
    ScalarNoise noise =
        PrivateEvaluation.noise(units.size(), measure.bound(), target.epsilon(), target.delta());
    LedgerHeader promise = header(noise, units.size());
    PrivateEvaluation.rehearse(base, lora, measure.maxLength());
    try (Charge charge = Charge.fresh(promise, files.ledger(), files.budgetBook())) {
      PrivateEvaluation evaluation;
      try (Ledger charged = charge.ledger()) {
        evaluation = PrivateEvaluation.of(base, lora, units, measure, noise, charged);
      }
      charge.finish();
      return evaluation;
    }
  }

  private LedgerHeader header(ScalarNoise noise, int units) {
    return new LedgerHeader(
        LedgerHeader.Neighbours.ofUnits(
            target.unitColumn() == null ? "record" : target.unitColumn(), units),
        new LedgerHeader.Target(noise.candidate().epsilon(), target.delta(), "pld"),
        new LedgerHeader.Sampling(1, 1),
        new LedgerHeader.Noise(
            noise.candidate().kind(), multiplier(noise.event()), noise.event(), 1),
        null,
        false,
        new LedgerHeader.Inputs(
            Sha256.hex(RunDirectory.bytes(settings())),
            WeightsDigest.ofModel(evaluated.model()),
            evaluated.adapter() == null
                ? null
                : Sha256.ofFile(evaluated.adapter().resolve(AdapterFiles.WEIGHTS_FILE_NAME))));
  }

  /** What was asked for, as far as it is public. */
  private Map<String, String> settings() {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("command", "evaluate");
    values.put("max_length", Integer.toString(measure.maxLength()));
    if (measure instanceof UnitMeasure.NatsPerToken loss) {
      values.put("loss_bound", Double.toString(loss.bound()));
      values.put(DataOptions.BEGIN.key(), DataOptions.word(evaluated.framing().begin()));
      values.put(DataOptions.END.key(), DataOptions.word(evaluated.framing().end()));
      evaluated.chat().ifPresent(form -> values.putAll(RunFrame.settings(form)));
    } else {
      values.put("measure", measure.key());
      values.put("bound", Double.toString(measure.bound()));
      head().ifPresent(file -> values.put(AdapterFiles.HEAD_FILE_NAME, Sha256.ofFile(file)));
    }
    return values;
  }

  /** The file of a head beside the adapter, whose weights do not hold it. */
  private Optional<Path> head() {
    return Optional.ofNullable(evaluated.adapter())
        .map(adapter -> adapter.resolve(AdapterFiles.HEAD_FILE_NAME))
        .filter(java.nio.file.Files::exists);
  }

  /** Scale of the noise over the sensitivity. */
  private static double multiplier(PrivacyEvent event) {
    if (event instanceof GaussianEvent gaussian) {
      return gaussian.noiseMultiplier();
    }
    if (event instanceof LaplaceEvent laplace) {
      return laplace.scale() / laplace.sensitivity();
    }
    return 1 / ((LmoEvent) event).groups().get(0).shift();
  }
}
