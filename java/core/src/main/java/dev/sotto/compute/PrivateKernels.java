package dev.sotto.compute;

/**
 * The kernels of the private path of a {@link Backend}: norms, clip, sum, noise, step. Shapes and
 * errors as there.
 */
public interface PrivateKernels {
  /** squaredNorm[0] (F64) += Σ x² over {@code count} floats, in a fixed order. */
  void squaredNorm(long count, DeviceBuffer x, DeviceBuffer squaredNorm);

  /**
   * Squared per-sample gradient norms of one LoRA pair, into squaredNorm[U] (F64). With {@code
   * gradients} not null the gradients dA [R,Cin], dB [Cout,R] of unit s are written at s ·
   * gradientStride; {@code accumulate} adds to what is there.
   */
  void perSampleNorm(
      LoraShape shape,
      long units,
      DeviceBuffer unitStart,
      long rows,
      DeviceBuffer x,
      DeviceBuffer u,
      DeviceBuffer dy,
      long lddy,
      DeviceBuffer du,
      boolean accumulate,
      DeviceBuffer gradients,
      long gradientStride,
      DeviceBuffer squaredNorm);

  /**
   * factor[groups, U] = min(1, C_g / norm), or with {@code stabilizer} γ {@literal >} 0 the
   * normalisation C_g / (norm + γ) of AUTO-S; either way the clipped norm is at most C_g. 0 for a
   * non-finite norm. One group is flat clipping over all pairs, {@code clipNorm.length == pairs} is
   * per-pair clipping.
   */
  void clipFactor(
      long units,
      long pairs,
      DeviceBuffer squaredNorm,
      double[] clipNorm,
      double stabilizer,
      DeviceBuffer factor);

  /**
   * sum[P] (F64) += Σ_s factor[s] · gradients[s], each term rounded to the quantum; exact, so
   * independent of order.
   */
  void clippedSum(
      long units,
      long parameters,
      DeviceBuffer gradients,
      long gradientStride,
      DeviceBuffer factor,
      double quantum,
      DeviceBuffer sum);

  /**
   * sum[R·(Cin + Cout)] (F64) += Σ_s factor[s] · gradient of unit s, each term rounded to the
   * quantum: the bits of {@link #perSampleNorm} with stored gradients followed by {@link
   * #clippedSum}, with no gradient in memory. For clipping pair by pair, where a unit's factor
   * needs the norms of this pair alone.
   */
  void clipAndSumPair(
      LoraShape shape,
      long units,
      DeviceBuffer unitStart,
      long rows,
      DeviceBuffer x,
      DeviceBuffer u,
      DeviceBuffer dy,
      long lddy,
      DeviceBuffer du,
      DeviceBuffer factor,
      double quantum,
      DeviceBuffer sum);

  /**
   * out[P] = (sum + noise on the grid of quantum) · multiplier, noise addressed by (key, kind of
   * law, step, tensor, firstIndex + p): the same bits on every backend.
   *
   * @param law the law at scale 1
   * @param parameters P
   * @param scale multiplies the law, in the units of the sum; at least 0
   * @param quantum the grid's step, a power of two
   * @param key 32 bytes
   * @param step from 0 to 2³² − 1
   * @param tensor from 0 to 2²⁸ − 1
   * @param firstIndex index of the first parameter, at least 0
   * @param sum F64 [P], on the grid
   * @param multiplier a public constant
   * @param out F32 [P], overwritten
   * @throws IllegalArgumentException if an argument is out of range, or the law's largest draw
   *     times scale is more than 2⁵¹ quanta
   */
  void addNoise(
      NoiseLaw law,
      long parameters,
      double scale,
      double quantum,
      byte[] key,
      long step,
      int tensor,
      long firstIndex,
      DeviceBuffer sum,
      double multiplier,
      DeviceBuffer out);

  /** The update with gradient [P], F32. */
  void step(WeightUpdate update, DeviceBuffer gradient);

  /**
   * {@link #addNoise} and {@link #step} with what it released, in one pass and with the same bits.
   *
   * @param law the law at scale 1
   * @param scale multiplies the law, in the units of the sum; at least 0
   * @param quantum the grid's step, a power of two
   * @param key 32 bytes
   * @param step of the noise, from 0 to 2³² − 1
   * @param tensor from 0 to 2²⁸ − 1
   * @param firstIndex index of the first parameter, at least 0
   * @param sum F64 [P], on the grid
   * @param multiplier a public constant
   * @param released F32 [P], overwritten by the released gradient; null: not wanted
   * @param update of P weights
   * @throws IllegalArgumentException as {@link #addNoise}; nothing is changed then
   */
  void noisyStep(
      NoiseLaw law,
      double scale,
      double quantum,
      byte[] key,
      long step,
      int tensor,
      long firstIndex,
      DeviceBuffer sum,
      double multiplier,
      DeviceBuffer released,
      WeightUpdate update);
}
