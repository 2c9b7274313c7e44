package dev.sotto.plan;

import dev.sotto.accounting.NoiseAllocation;
import dev.sotto.ledger.LedgerHeader;
import dev.sotto.trainer.ControlledRelease;
import java.util.Optional;

/**
 * What a controlled run promises beyond its noise multiplier.
 *
 * @param controller name
 * @param startedFrom SHA-256 of the policy file it starts from; empty if it starts fresh
 * @param release form of every step's release
 * @param allocation how noise is shared among the pairs
 * @param statisticsStddev noise on the statistics; empty without
 * @param filterOrder order of the filter where the noise is chosen too; empty where it is fixed
 */
public record ControlPlan(
    String controller,
    Optional<String> startedFrom,
    ControlledRelease release,
    NoiseAllocation allocation,
    Optional<Double> statisticsStddev,
    Optional<Double> filterOrder) {
  /** What the ledger says of it. */
  LedgerHeader.Control header() {
    return new LedgerHeader.Control(
        controller,
        startedFrom.orElse(null),
        statisticsStddev.orElse(null),
        filterOrder.orElse(null));
  }
}
