package dev.sotto.control;

import dev.sotto.accounting.NoiseAllocation;
import java.util.Arrays;

/**
 * What the numbers of an action do. They set levels l in [-1, 1], one a pair and, with adapted
 * noise, one more; a level acts by
 *
 * <pre>C_k = C̄_k·4^{l_k},   σ = σ_0·2^{l_K}
 * </pre>
 *
 * so that level 0 is clipping at the base, clip norms stay in [C̄_k/4, 4C̄_k] and the noise in
 * [σ_0/2, 2σ_0].
 *
 * <p>With several pairs the first entry of an action is common to all of them: l_k = (a_0 + a_k)/2.
 * Independent draws for K pairs hardly ever move all clip norms together, their mean spreads by
 * 1/√K of what each does, and yet the common size of the clip norms is what training answers to
 * first. With an entry of its own it is explored as widely as any.
 */
final class Actions {
  private static final double CLIP_RANGE = 4;
  private static final double NOISE_RANGE = 2;

  private final int pairs;
  private final boolean adaptNoise;
  private final double[] base;
  private final NoiseAllocation allocation;

  Actions(ControllerOptions options) {
    pairs = options.pairs().count();
    adaptNoise = options.adaptNoise();
    base = options.pairs().baseClipNorms();
    allocation = options.pairs().allocation();
  }

  /** Entries of the levels: K, and one for adapted noise. */
  int levels() {
    return adaptNoise ? pairs + 1 : pairs;
  }

  /**
   * Entries of an action: as of the levels, and one common to all pairs where there are several.
   */
  int size() {
    return pairs > 1 ? levels() + 1 : levels();
  }

  /** The levels that an action sets. */
  double[] levels(double[] action) {
    if (pairs == 1) {
      return action.clone();
    }
    double[] levels = Arrays.copyOfRange(action, 1, action.length);
    for (int k = 0; k < pairs; k++) {
      levels[k] = (action[0] + levels[k]) / 2;
    }
    return levels;
  }

  /** The decision that levels mean. */
  Decision decision(double[] levels) {
    double[] clipNorms = new double[pairs];
    Arrays.setAll(clipNorms, k -> base[k] * Math.pow(CLIP_RANGE, levels[k]));
    double factor = adaptNoise ? Math.pow(NOISE_RANGE, levels[pairs]) : 1;
    return new Decision(clipNorms, 0, allocation, factor);
  }

  /** The level of a clip norm of pair k. */
  double level(int k, double clipNorm) {
    return Math.log(clipNorm / base[k]) / Math.log(CLIP_RANGE);
  }
}
