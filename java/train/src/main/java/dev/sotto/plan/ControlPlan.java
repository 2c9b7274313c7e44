package dev.sotto.plan;

import dev.sotto.accounting.NoiseAllocation;
import dev.sotto.ledger.LedgerHeader;
import dev.sotto.trainer.ControlledRelease;

/**
 * What a controlled run promises beyond its noise multiplier.
 *
 * @param controller name
 * @param startedFrom SHA-256 of the policy file it starts from, or null
 * @param release form of every step's release
 * @param allocation how noise is shared among the pairs
 * @param statisticsStddev noise on the statistics, or null without
 * @param filterOrder order of the filter where the noise is chosen too; null where it is fixed
 */
public record ControlPlan(
    String controller,
    String startedFrom,
    ControlledRelease release,
    NoiseAllocation allocation,
    Double statisticsStddev,
    Double filterOrder) {
  /** What the ledger says of it. */
  LedgerHeader.Control header() {
    return new LedgerHeader.Control(controller, startedFrom, statisticsStddev, filterOrder);
  }
}
