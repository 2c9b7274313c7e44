package dev.sotto.trainer;

import dev.sotto.compute.DeviceBuffer;
import dev.sotto.model.Batch;

/**
 * Sees exact training losses. They are private: what an observer learns may be shown on request,
 * and must never be stored.
 */
@FunctionalInterface
public interface TrainingObserver {
  /** Sees nothing. */
  TrainingObserver NONE = (step, batch, losses) -> {};

  /**
   * Called after each micro-batch.
   *
   * @param step the step
   * @param batch what was passed
   * @param losses row losses in nats, device; valid during the call
   */
  void losses(long step, Batch batch, DeviceBuffer losses);
}
