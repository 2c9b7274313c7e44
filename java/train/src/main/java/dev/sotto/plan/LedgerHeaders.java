package dev.sotto.plan;

import dev.sotto.accounting.NeighbouringRelation;
import dev.sotto.ledger.LedgerHeader;

/** The promise of a planned run. */
record LedgerHeaders(FinetuneOptions options, PrivacyPlan plan, boolean seeded) {
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
        seeded);
  }
}
