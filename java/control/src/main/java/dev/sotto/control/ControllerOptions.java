package dev.sotto.control;

import dev.sotto.accounting.NoiseAllocation;
import dev.sotto.control.learn.AgentState;
import java.util.Arrays;

/**
 * What a controller is told before the run. All of it is public.
 *
 * @param name one of {@link Controllers#names()}
 * @param pairs K, the number of LoRA pairs, at least 1
 * @param pairSizes d_k, the number of weights of each pair, K entries
 * @param clipNorm C, the bound on the whole gradient that the run was planned with; each pair's
 *     base is C/√K, or in proportion to {@code publicNorms}
 * @param adaptNoise whether the controller may choose the noise level too
 * @param intervals planned number of intervals T, at least 1
 * @param publicNorms median gradient norm of each pair over public data, K positive entries, or
 *     null
 * @param startFrom a policy that another run learned, or null
 * @param seed of the controller's own random numbers; they hide nothing, so it need not be secret
 * @param allocation how the noise is shared among the pairs
 */
public record ControllerOptions(
    String name,
    int pairs,
    long[] pairSizes,
    double clipNorm,
    boolean adaptNoise,
    long intervals,
    double[] publicNorms,
    AgentState startFrom,
    long seed,
    NoiseAllocation allocation) {
  /** Checks the numbers and keeps copies. */
  public ControllerOptions {
    if (pairs < 1 || pairSizes.length != pairs || Arrays.stream(pairSizes).anyMatch(d -> d < 1)) {
      throw new IllegalArgumentException(
          "a controller of "
              + pairs
              + " LoRA pairs needs that many sizes, each at least 1, got "
              + Arrays.toString(pairSizes));
    }
    if (!(clipNorm > 0) || Double.isInfinite(clipNorm)) {
      throw new IllegalArgumentException(
          "clip norm "
              + clipNorm
              + " is not a positive finite number: choose one, for example 1.0");
    }
    if (intervals < 1) {
      throw new IllegalArgumentException(
          "a controller needs at least one interval, got " + intervals);
    }
    if (publicNorms != null) {
      if (publicNorms.length != pairs
          || !Arrays.stream(publicNorms).allMatch(n -> n > 0 && Double.isFinite(n))) {
        throw new IllegalArgumentException(
            "public gradient norms must be positive and finite, one for each of "
                + pairs
                + " LoRA pairs, got "
                + Arrays.toString(publicNorms));
      }
      publicNorms = publicNorms.clone();
    }
    if (allocation == null) {
      throw new IllegalArgumentException("a controller needs a noise allocation");
    }
    pairSizes = pairSizes.clone();
  }

  @Override
  public long[] pairSizes() {
    return pairSizes.clone();
  }

  @Override
  public double[] publicNorms() {
    return publicNorms == null ? null : publicNorms.clone();
  }

  /**
   * C̄_k of every pair: in proportion to the public norms where there are any, else C/√K; ‖C̄‖₂ = C
   * in both cases.
   */
  double[] baseClipNorms() {
    double[] norms = new double[pairs];
    Arrays.fill(norms, clipNorm / Math.sqrt(pairs));
    return publicNorms == null ? norms : Shares.ofNorm(publicNorms, clipNorm);
  }
}
