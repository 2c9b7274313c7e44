package dev.sotto.gradient;

import dev.sotto.compute.LoraShape;
import java.util.Arrays;
import java.util.List;

/**
 * Where each block of trainable parameters lives in the flat vector of all d of them: block k holds
 * d_k parameters from {@link #offset} on. Weights, per-sample gradients, sums and optimizer state
 * all share this layout, so each is one buffer. What a block is, a LoRA pair or another, is the
 * matter of its {@link Factors}.
 */
public final class ParameterLayout {
  private final long[] offsets;

  /**
   * Lays out blocks one after another.
   *
   * @param sizes d_k of each, at least 1
   * @throws IllegalArgumentException if there are none
   */
  public ParameterLayout(long... sizes) {
    if (sizes.length == 0) {
      throw new IllegalArgumentException("a layout needs at least one block of parameters");
    }
    offsets = new long[sizes.length + 1];
    for (int k = 0; k < sizes.length; k++) {
      if (sizes[k] < 1) {
        throw new IllegalArgumentException("a block of " + sizes[k] + " parameters is none");
      }
      offsets[k + 1] = offsets[k] + sizes[k];
    }
  }

  /** Blocks that are LoRA pairs: A [R,Cin] and then B [Cout,R] each. */
  public static ParameterLayout ofPairs(List<LoraShape> pairs) {
    return new ParameterLayout(pairs.stream().mapToLong(LoraShape::parameters).toArray());
  }

  /** Number of blocks. */
  public int size() {
    return offsets.length - 1;
  }

  /** Total number of trainable parameters, d. */
  public long parameters() {
    return offsets[size()];
  }

  /** Index of the first parameter of block k. */
  public long offset(int block) {
    return offsets[block];
  }

  /** Parameters of block k, d_k. */
  public long parameters(int block) {
    return offsets[block + 1] - offsets[block];
  }

  /** d_k of every block. */
  public long[] sizes() {
    long[] sizes = new long[size()];
    Arrays.setAll(sizes, this::parameters);
    return sizes;
  }
}
