package dev.sotto.control;

import dev.sotto.accounting.NoiseAllocation;
import dev.sotto.control.learn.AgentState;
import java.util.Arrays;

/**
 * What a controller is told before the run. All of it is public.
 *
 * @param name one of {@link Controllers#names()}
 * @param pairs the LoRA pairs, as the run was planned
 * @param adaptNoise whether the controller may choose the noise level too
 * @param intervals planned number of intervals T, at least 1
 * @param startFrom a policy that another run learned, or null
 * @param seed of the controller's own random numbers; they hide nothing, so it need not be secret
 */
public record ControllerOptions(
    String name, Pairs pairs, boolean adaptNoise, long intervals, AgentState startFrom, long seed) {
  /**
   * LoRA pairs, and how they are clipped and noised before a controller has chosen anything.
   *
   * @param sizes d_k, the number of weights of each pair, K entries, at least one
   * @param clipNorm C, the bound on the whole gradient that the run was planned with; each pair's
   *     base is C/√K, or in proportion to {@code publicNorms}
   * @param publicNorms median gradient norm of each pair over public data, K positive entries, or
   *     null
   * @param allocation how the noise is shared among the pairs
   */
  public record Pairs(
      long[] sizes, double clipNorm, double[] publicNorms, NoiseAllocation allocation) {
    /** Checks the numbers and keeps copies. */
    public Pairs {
      if (sizes.length < 1 || Arrays.stream(sizes).anyMatch(d -> d < 1)) {
        throw new IllegalArgumentException(
            "a controller needs LoRA pairs, each of size at least 1, got "
                + Arrays.toString(sizes));
      }
      if (!(clipNorm > 0) || Double.isInfinite(clipNorm)) {
        throw new IllegalArgumentException(
            "clip norm "
                + clipNorm
                + " is not a positive finite number: choose one, for example 1.0");
      }
      if (publicNorms != null) {
        if (publicNorms.length != sizes.length
            || !Arrays.stream(publicNorms).allMatch(n -> n > 0 && Double.isFinite(n))) {
          throw new IllegalArgumentException(
              "public gradient norms must be positive and finite, one for each of "
                  + sizes.length
                  + " LoRA pairs, got "
                  + Arrays.toString(publicNorms));
        }
        publicNorms = publicNorms.clone();
      }
      if (allocation == null) {
        throw new IllegalArgumentException("a controller needs a noise allocation");
      }
      sizes = sizes.clone();
    }

    /** K. */
    public int count() {
      return sizes.length;
    }

    @Override
    public long[] sizes() {
      return sizes.clone();
    }

    @Override
    public double[] publicNorms() {
      return publicNorms == null ? null : publicNorms.clone();
    }

    /**
     * C̄_k of every pair: in proportion to the public norms where there are any, else C/√K; ‖C̄‖₂ =
     * C in both cases.
     */
    double[] baseClipNorms() {
      double[] norms = new double[count()];
      Arrays.fill(norms, clipNorm / Math.sqrt(count()));
      return publicNorms == null ? norms : Shares.ofNorm(publicNorms, clipNorm);
    }
  }

  /** Checks the number of intervals. */
  public ControllerOptions {
    if (intervals < 1) {
      throw new IllegalArgumentException(
          "a controller needs at least one interval, got " + intervals);
    }
  }
}
