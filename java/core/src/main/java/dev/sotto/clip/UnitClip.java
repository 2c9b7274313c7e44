package dev.sotto.clip;

import dev.sotto.compute.Backend;
import dev.sotto.gradient.Part;
import dev.sotto.gradient.UnitNorms;

/**
 * Where a backward pass feeds the units of a step so that they come, clipped, into a {@link
 * ClippedGradSum}. Two forms with the same bits: one stores the units' gradients of a micro-batch
 * and clips them afterwards, the other clips each block when the pass comes to it and stores none.
 *
 * <pre>{@code
 * UnitClip clip = UnitClip.of(sum, units);
 * try (MicroBatch micro = clip.open(units)) {
 *   pass.forwardBackward(batch, micro);
 * }                                  // the units are in the sum
 * statistics.add(clip.norms(), unitLosses);
 * }</pre>
 */
public sealed interface UnitClip extends AutoCloseable permits StoredClip, PairwiseClip {
  /**
   * Begins a pass, of whole units or of a piece of one; to be closed before the next.
   *
   * @param units at most the capacity; 1 where they come in pieces
   */
  MicroBatch open(int units, Part part);

  /** Begins a pass of whole units. */
  default MicroBatch open(int units) {
    return open(units, Part.WHOLE);
  }

  /** How long the gradients of the last complete micro-batch are. */
  UnitNorms norms();

  @Override
  void close();

  /**
   * The form that suits the backend and the clipping of the sum. Pair by pair, a unit's factor
   * needs the norms of one pair alone, so nothing need be stored; a GPU is bound by memory traffic
   * and gains. A CPU loses, as every gradient is formed twice (docs/benchmarks.md, "Fused forms"),
   * and stores them. Flat clipping must store: the factor is known when the pass is over.
   *
   * @param sum whose clipping stays flat, or stays by pair, for the life of this object
   * @param capacity most units of a micro-batch
   */
  static UnitClip of(ClippedGradSum sum, int capacity) {
    boolean boundByMemory = sum.backend().traits().device() == Backend.Device.GPU;
    return boundByMemory && !sum.clipping().isFlat()
        ? pairwise(sum, capacity)
        : stored(sum, capacity);
  }

  /** Stores gradients, 4·U·d bytes; for every clipping. */
  static UnitClip stored(ClippedGradSum sum, int capacity) {
    return new StoredClip(sum, capacity);
  }

  /**
   * Stores no gradients but one, 4·d bytes, for a unit that comes in pieces: its norm is known
   * after the last.
   */
  static UnitClip pairwise(ClippedGradSum sum, int capacity) {
    return new PairwiseClip(sum, capacity);
  }
}
