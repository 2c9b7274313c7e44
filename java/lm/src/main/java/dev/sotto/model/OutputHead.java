package dev.sotto.model;

import dev.sotto.compute.DeviceBuffer;
import dev.sotto.gradient.GradientSink;

/**
 * From the residual stream [N,C] to logits and losses. There is a loss for each row that the head
 * scores: each token, or each sequence ({@link Batch#losses}).
 */
interface OutputHead extends AutoCloseable {
  /** The losses, on the device; rows without a target give 0. Private when the batch is. */
  DeviceBuffer losses(DeviceBatch batch, DeviceBuffer hidden);

  /**
   * As {@link #losses}, and writes the gradient of the weighted loss with respect to {@code hidden}
   * into {@code dHidden}.
   *
   * @param sink takes the factors of what the head trains; null where nothing is
   */
  DeviceBuffer lossesAndGradient(
      DeviceBatch batch, DeviceBuffer hidden, DeviceBuffer dHidden, GradientSink sink);

  /** How many losses there are of a batch. */
  int losses(DeviceBatch batch);

  /** Logits of every row that the head scores, on the host. */
  float[] logits(DeviceBatch batch, DeviceBuffer hidden);

  @Override
  void close();
}
