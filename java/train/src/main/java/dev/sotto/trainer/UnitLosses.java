package dev.sotto.trainer;

import dev.sotto.compute.DeviceBuffer;
import dev.sotto.model.Batch;

/**
 * Mean loss in nats per target of each unit of a micro-batch, from the losses of its rows. A unit
 * that comes in pieces is complete after its last: pieces are added until {@link #take}. Private,
 * and for {@link dev.sotto.clip.BatchStatistics} alone.
 */
final class UnitLosses {
  private double[] losses;

  /**
   * Adds a micro-batch, or a further piece of the single unit already here.
   *
   * @param batch with row weights 1 / targets of the unit, as {@link MicroBatches#forEach} makes
   *     them
   * @param rowLosses in nats [N], device
   */
  void add(Batch batch, DeviceBuffer rowLosses) {
    double[] added = batch.unitLosses(rowLosses.downloadFloats(batch.losses()));
    if (losses == null) {
      losses = added;
    } else if (losses.length == 1 && added.length == 1) {
      losses[0] += added[0];
    } else {
      throw new IllegalStateException("only a single unit can be added in pieces");
    }
  }

  /** The losses of the complete units, one each; what comes next starts anew. */
  double[] take() {
    double[] complete = losses;
    losses = null;
    return complete;
  }
}
