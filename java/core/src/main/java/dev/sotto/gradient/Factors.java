package dev.sotto.gradient;

import dev.sotto.compute.PrivateKernels.PairFactors;
import dev.sotto.compute.PrivateKernels.Units;

/**
 * What the backward pass of a layer hands over about one block of trainable parameters: from it the
 * units' gradients in the block follow, and none has been formed yet. One kind of factors for each
 * kind of block; {@link UnitGradients} knows the kernels of each.
 */
public sealed interface Factors {
  /** The rows of the micro-batch, by unit. */
  Units units();

  /** Parameters of the block, d_k. */
  long parameters();

  /**
   * Checks that these are factors of a block, and of as many units as were announced.
   *
   * @throws IllegalArgumentException if not; how many units they are of is not said
   */
  default void requireOf(ParameterLayout layout, int k, int announced) {
    if (parameters() != layout.parameters(k) || units().count() != announced) {
      throw new IllegalArgumentException(
          "factors of other units, or of "
              + parameters()
              + " parameters where block "
              + k
              + " has "
              + layout.parameters(k));
    }
  }

  /**
   * Those of a LoRA pair.
   *
   * @param pair what the kernels read
   */
  record LowRank(PairFactors pair) implements Factors {
    @Override
    public Units units() {
      return pair.units();
    }

    @Override
    public long parameters() {
      return pair.shape().parameters();
    }
  }
}
