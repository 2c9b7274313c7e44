package dev.sotto.control;

import dev.sotto.accounting.NoiseAllocation;
import java.util.Arrays;

/**
 * What the numbers of an action do: C_k = C̄·4^{a_k} for pair k and, with adapted noise, σ =
 * σ_0·2^{a_K} for the last entry; a ∈ [-1, 1]. So a = 0 is constant clipping, clip norms stay in
 * [C̄/4, 4C̄] and the noise in [σ_0/2, 2σ_0].
 */
final class Actions {
  private static final double CLIP_RANGE = 4;
  private static final double NOISE_RANGE = 2;

  private final int pairs;
  private final boolean adaptNoise;
  private final double base;
  private final NoiseAllocation allocation;

  Actions(ControllerOptions options) {
    pairs = options.pairs();
    adaptNoise = options.adaptNoise();
    base = options.baseClipNorm();
    allocation = options.allocation();
  }

  /** Entries of an action. */
  int size() {
    return adaptNoise ? pairs + 1 : pairs;
  }

  /** The decision that an action means. */
  Decision decision(double[] action) {
    double[] clipNorms = new double[pairs];
    Arrays.setAll(clipNorms, k -> base * Math.pow(CLIP_RANGE, action[k]));
    double factor = adaptNoise ? Math.pow(NOISE_RANGE, action[pairs]) : 1;
    return new Decision(clipNorms, 0, allocation, factor);
  }

  /** The entry of an action that leads to a clip norm. */
  double position(double clipNorm) {
    return Math.log(clipNorm / base) / Math.log(CLIP_RANGE);
  }
}
