package dev.sotto.plan;

import dev.sotto.ledger.LedgerHeader;

/** The promise of a planned run. */
record LedgerHeaders(FinetuneOptions options, PrivacyPlan plan, boolean seeded) {
  LedgerHeader header() {
    String unit = options.data().columns().unit();
    return new LedgerHeader(
        plan.accountant().neighbouringRelation().name(),
        unit == null ? "record" : unit,
        plan.units(),
        plan.epsilon(),
        plan.delta(),
        plan.samplingProbability(),
        plan.noiseMultiplier(),
        plan.steps(),
        plan.accountant().name(),
        seeded);
  }
}
