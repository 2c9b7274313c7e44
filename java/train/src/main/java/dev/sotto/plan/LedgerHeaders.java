package dev.sotto.plan;

import dev.sotto.accounting.NeighbouringRelation;
import dev.sotto.checkpoint.AdapterFiles;
import dev.sotto.checkpoint.WeightsDigest;
import dev.sotto.ledger.LedgerHeader;
import java.nio.file.Path;
import org.apache.commons.codec.digest.DigestUtils;

/** The promise of a planned run. */
record LedgerHeaders(FinetuneOptions options, PrivacyPlan plan, Settings settings, boolean seeded) {
  LedgerHeader header() {
    String unit = options.data().columns().unit();
    return new LedgerHeader(
        NeighbouringRelation.ADD_OR_REMOVE_ONE.name(),
        unit == null ? "record" : unit,
        plan.units(),
        plan.epsilon(),
        plan.delta(),
        plan.samplingProbability(),
        plan.mechanism(),
        plan.leastMultiplier(),
        plan.release(),
        plan.steps(),
        plan.accountantName(),
        plan.control() == null ? null : plan.control().header(),
        seeded,
        plan.coordinates(),
        inputs());
  }

  private LedgerHeader.Inputs inputs() {
    Path adapter = options.adapter();
    return new LedgerHeader.Inputs(
        DigestUtils.sha256Hex(RunDirectory.bytes(settings.values())),
        WeightsDigest.ofModel(options.model()),
        adapter == null
            ? null
            : WeightsDigest.ofFile(adapter.resolve(AdapterFiles.WEIGHTS_FILE_NAME)));
  }
}
