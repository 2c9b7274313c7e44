package dev.sotto.gradient;

import dev.sotto.compute.DeviceBuffer;

/**
 * What a backward pass feeds, pair by pair: the factors of the per-sample gradients of one
 * micro-batch. Raw private data goes in; nothing but the clip may see what comes of it.
 */
public interface GradientSink {
  /**
   * Starts a micro-batch of {@code units} privacy units.
   *
   * @param units at most the capacity
   * @param accumulate whether this is a further piece of the unit already here (then {@code units}
   *     is 1)
   * @param complete whether no further piece of these units follows
   */
  void begin(int units, boolean accumulate, boolean complete);

  /**
   * Takes the factors of pair {@code k}; see {@link dev.sotto.compute.Backend#perSampleNorm}. Every
   * pair must be given once a micro-batch.
   */
  void accept(
      int k,
      DeviceBuffer unitStart,
      long rows,
      DeviceBuffer x,
      DeviceBuffer u,
      DeviceBuffer dy,
      long lddy,
      DeviceBuffer du);

  /** Number of LoRA pairs. */
  int pairs();

  /** Units of the current micro-batch, U. */
  int units();

  /**
   * Squared norms of the units' gradients [pairs, U], F64, device; of whole units once the
   * micro-batch is complete.
   */
  DeviceBuffer squaredNorms();
}
