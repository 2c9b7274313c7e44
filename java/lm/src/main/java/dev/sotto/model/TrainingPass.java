package dev.sotto.model;

import dev.sotto.compute.DeviceBuffer;
import dev.sotto.data.Block;
import dev.sotto.gradient.GradientSink;

/** Forward and backward passes over what is trained, with all their memory planned up front. */
public interface TrainingPass extends AutoCloseable {
  /** A made-up sequence with all that could be learned of one: for times and rehearsals. */
  Block madeUp(int length);

  /** What it can hold. */
  PassCapacity capacity();

  /**
   * Per-sample gradients of the batch's units, into {@code sink}. The loss of a unit is Σ weight ·
   * loss over its rows or sequences.
   *
   * @param batch the micro-batch
   * @param sink receives one call a block of {@link LoraAdapters#layout}; null to try the memory
   * @return losses in nats, device: [N], or [B] where sequences are scored. Private when the batch
   *     is
   */
  DeviceBuffer forwardBackward(Batch batch, GradientSink sink);

  @Override
  void close();
}
