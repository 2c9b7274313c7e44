package dev.sotto.plan;

import dev.sotto.base.Sha256;
import dev.sotto.checkpoint.AdapterFiles;
import dev.sotto.checkpoint.WeightsDigest;
import dev.sotto.ledger.LedgerHeader;

/** The promise of a planned run. */
record LedgerHeaders(FinetuneOptions options, Account.Private account, Settings settings) {
  LedgerHeader header() {
    NoisePlan noise = account.noise();
    String unit = options.data().columns().unit();
    return new LedgerHeader(
        LedgerHeader.Neighbours.ofUnits(unit == null ? "record" : unit, noise.units()),
        new LedgerHeader.Target(targetEpsilon(), account.delta(), account.accountantName()),
        new LedgerHeader.Sampling(
            noise.samplingProbability(),
            noise.steps(),
            noise.first().map(LedgerHeaders::stage).orElse(null)),
        noise(noise),
        noise.control().map(ControlPlan::header).orElse(null),
        options.testSeed().isPresent(),
        inputs());
  }

  private static LedgerHeader.Stage stage(NoisePlan first) {
    return new LedgerHeader.Stage(first.samplingProbability(), first.steps(), noise(first));
  }

  private static LedgerHeader.Noise noise(NoisePlan noise) {
    return new LedgerHeader.Noise(
        noise.kind(), noise.leastMultiplier(), noise.event(), noise.coordinates());
  }

  /** The target, or what is claimed; only the first is derived from a ledger again. */
  private double targetEpsilon() {
    return account instanceof Account.Proven proven
        ? proven.epsilon()
        : ((Account.PaperClaim) account).claimedEpsilon();
  }

  private LedgerHeader.Inputs inputs() {
    return new LedgerHeader.Inputs(
        Sha256.hex(RunDirectory.bytes(settings.values())),
        WeightsDigest.ofModel(options.model()),
        options
            .adapter()
            .map(dir -> Sha256.ofFile(dir.resolve(AdapterFiles.WEIGHTS_FILE_NAME)))
            .orElse(null),
        options.task().labelsFromData());
  }
}
