package dev.sotto.compute;

/**
 * The kernels of the private path of a {@link Backend}: norms, clip, sum, noise, step. Shapes and
 * errors as there.
 */
public interface PrivateKernels {
  /**
   * The factors of the per-sample gradients of one LoRA pair: unit s with the rows start[s] ..
   * start[s+1]-1 has dA = Σ_t du_t ⊗ x_t [R,Cin] and dB = scale · Σ_t dy_t ⊗ u_t [Cout,R].
   *
   * @param shape of the pair
   * @param units whose rows these are
   * @param x input of the pair [N,Cin]
   * @param u x Aᵀ [N,R]
   * @param dy gradient of the output [N,Cout]
   * @param du gradient of u [N,R]
   */
  record PairFactors(
      LoraShape shape, Units units, DeviceBuffer x, DeviceBuffer u, Rows dy, DeviceBuffer du) {}

  /**
   * The rows of a batch by privacy unit.
   *
   * @param count U
   * @param start I32 [U+1]
   * @param rows N
   */
  record Units(long count, DeviceBuffer start, long rows) {}

  /**
   * Squared per-sample gradient norms of one LoRA pair, into squaredNorm[U] (F64). With {@code
   * gradients} not null the gradients dA [R,Cin], dB [Cout,R] of unit s are written to its row s;
   * {@code accumulate} adds to what is there.
   */
  void perSampleNorm(
      PairFactors factors, boolean accumulate, Rows gradients, DeviceBuffer squaredNorm);

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
      Rows gradients,
      DeviceBuffer factor,
      double quantum,
      DeviceBuffer sum);

  /**
   * sum[R·(Cin + Cout)] (F64) += Σ_s factor[s] · gradient of unit s, each term rounded to the
   * quantum: the bits of {@link #perSampleNorm} with stored gradients followed by {@link
   * #clippedSum}, with no gradient in memory. For clipping pair by pair, where a unit's factor
   * needs the norms of this pair alone.
   */
  void clipAndSumPair(PairFactors factors, DeviceBuffer factor, double quantum, DeviceBuffer sum);

  /**
   * out[P] = the release of {@code noise}, in F32.
   *
   * @throws IllegalArgumentException if an argument is out of range, or the law's largest draw
   *     times scale is more than 2⁵¹ quanta
   */
  void addNoise(Noise noise, DeviceBuffer out);

  /** The update with gradient [P], F32. */
  void step(WeightUpdate update, DeviceBuffer gradient);

  /**
   * {@link #addNoise} and {@link #step} with what it released, in one pass and with the same bits.
   *
   * @param noise of P parameters
   * @param released F32 [P], overwritten by the released gradient; null: not wanted
   * @param update of P weights
   * @throws IllegalArgumentException as {@link #addNoise}; nothing is changed then
   */
  void noisyStep(Noise noise, DeviceBuffer released, WeightUpdate update);
}
