package dev.sotto.plan;

import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.LaplaceEvent;
import dev.sotto.accounting.LmoEvent;
import dev.sotto.accounting.NeighbouringRelation;
import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.base.InputException;
import dev.sotto.base.Sha256;
import dev.sotto.checkpoint.AdapterFiles;
import dev.sotto.checkpoint.WeightsDigest;
import dev.sotto.data.PrivacyUnit;
import dev.sotto.ledger.Ledger;
import dev.sotto.ledger.LedgerHeader;
import dev.sotto.model.LanguageModel;
import dev.sotto.model.LoraAdapters;
import dev.sotto.search.ScalarNoise;
import dev.sotto.trainer.PrivateEvaluation;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One release of how well a model predicts private records, with a ledger of its own that {@code
 * sotto account} reads like any other: one step, of which every unit is part.
 *
 * @param model directory of the base model
 * @param adapter its adapter's directory, or null
 * @param ledger new file
 * @param budgetBook of the data set that the release is charged to, or null
 * @param unitColumn the column whose values are the units, or null if each record is one
 * @param maxLength longest record in tokens
 * @param lossBound nats per token that one unit counts for at most
 * @param epsilon wanted
 * @param delta of the release
 */
public record PrivateEvaluationRun(
    Path model,
    Path adapter,
    Path ledger,
    Path budgetBook,
    String unitColumn,
    int maxLength,
    double lossBound,
    double epsilon,
    double delta) {

  /**
   * Finds the noise, charges it, and releases.
   *
   * @param units of the records, at least one
   * @throws InputException if delta is not below one over their number
   */
  public PrivateEvaluation execute(LanguageModel base, LoraAdapters lora, List<PrivacyUnit> units) {
    TargetDelta.require(delta, units.size());
    ScalarNoise noise = PrivateEvaluation.noise(units.size(), lossBound, epsilon, delta);
    LedgerHeader promise = header(noise, units.size());
    PrivateEvaluation.rehearse(base, lora, maxLength);
    try (Charge charge = Charge.fresh(promise, ledger, budgetBook)) {
      PrivateEvaluation evaluation;
      try (Ledger charged = charge.ledger()) {
        evaluation = PrivateEvaluation.of(base, lora, units, maxLength, lossBound, noise, charged);
      }
      charge.finish();
      return evaluation;
    }
  }

  private LedgerHeader header(ScalarNoise noise, int units) {
    return new LedgerHeader(
        NeighbouringRelation.ADD_OR_REMOVE_ONE.name(),
        unitColumn == null ? "record" : unitColumn,
        units,
        noise.candidate().epsilon(),
        delta,
        1,
        noise.candidate().family().name().toLowerCase(Locale.ROOT),
        multiplier(noise.event()),
        noise.event(),
        1,
        "pld",
        null,
        false,
        1,
        new LedgerHeader.Inputs(
            Sha256.hex(RunDirectory.bytes(settings())),
            WeightsDigest.ofModel(model),
            adapter == null
                ? null
                : Sha256.ofFile(adapter.resolve(AdapterFiles.WEIGHTS_FILE_NAME))));
  }

  /** What was asked for, as far as it is public. */
  private Map<String, String> settings() {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("command", "evaluate");
    values.put("max_length", Integer.toString(maxLength));
    values.put("loss_bound", Double.toString(lossBound));
    return values;
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
