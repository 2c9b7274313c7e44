package dev.sotto.gradient;

import dev.sotto.compute.LoraShape;
import java.util.ArrayList;
import java.util.List;

/**
 * Where each LoRA pair lives in the flat vector of the d trainable parameters: pair k holds A
 * [R,Cin] and then B [Cout,R] from {@link #offset}. Weights, per-sample gradients, sums and
 * optimizer state all share this layout, so each is one buffer.
 */
public final class ParameterLayout {
  private final List<LoraShape> pairs;
  private final long[] offsets;

  /**
   * Lays out the pairs one after another.
   *
   * @param pairs shapes in order
   * @throws IllegalArgumentException if there are none
   */
  public ParameterLayout(List<LoraShape> pairs) {
    if (pairs.isEmpty()) {
      throw new IllegalArgumentException("a layout needs at least one LoRA pair");
    }
    this.pairs = List.copyOf(pairs);
    offsets = new long[pairs.size() + 1];
    for (int k = 0; k < pairs.size(); k++) {
      offsets[k + 1] = offsets[k] + pairs.get(k).parameters();
    }
  }

  /** Pairs in order. */
  public List<LoraShape> pairs() {
    return pairs;
  }

  /** Number of pairs. */
  public int size() {
    return pairs.size();
  }

  /** Total number of trainable parameters, d. */
  public long parameters() {
    return offsets[pairs.size()];
  }

  /** Index of the first parameter of pair k. */
  public long offset(int pair) {
    return offsets[pair];
  }

  /** Index of the first parameter of B in pair k; A stands before it. */
  public long offsetB(int pair) {
    LoraShape shape = pairs.get(pair);
    return offsets[pair] + (long) shape.rank() * shape.inChannels();
  }

  /** Parameter counts of the pairs, d_k. */
  public List<Long> sizes() {
    List<Long> sizes = new ArrayList<>();
    for (LoraShape pair : pairs) {
      sizes.add(pair.parameters());
    }
    return sizes;
  }
}
