package dev.sotto.gradient;

import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.LoraShape;

/**
 * What the backward pass of a layer hands over about one block of trainable parameters: from it the
 * units' gradients in the block follow, and none has been formed yet. One kind of factors for each
 * kind of block; {@link UnitGradients} knows the kernels of each.
 */
public sealed interface Factors {
  /** The rows of the micro-batch, by unit. */
  UnitRows units();

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
   * The rows of a packed micro-batch, by privacy unit.
   *
   * @param count U
   * @param start first row of each unit, and the end of the last [U+1], I32, device
   * @param rows N
   */
  record UnitRows(int count, DeviceBuffer start, long rows) {}

  /**
   * A LoRA pair: unit s has dA = Σ_t du_t ⊗ x_t [R,Cin] and dB = scale · Σ_t dy_t ⊗ u_t [Cout,R]
   * over its rows t.
   *
   * @param shape of the pair
   * @param units whose rows these are
   * @param x input of the pair [N,Cin], F32, device
   * @param u x Aᵀ [N,R]
   * @param dy gradient of the output, [N,Cout] in rows {@code lddy} apart
   * @param lddy at least Cout
   * @param du gradient of u [N,R]
   */
  record LowRank(
      LoraShape shape,
      UnitRows units,
      DeviceBuffer x,
      DeviceBuffer u,
      DeviceBuffer dy,
      long lddy,
      DeviceBuffer du)
      implements Factors {
    @Override
    public long parameters() {
      return shape.parameters();
    }
  }
}
