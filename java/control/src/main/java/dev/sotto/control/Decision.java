package dev.sotto.control;

import dev.sotto.accounting.NoiseAllocation;
import java.util.Arrays;

/**
 * How the steps of one interval are to be clipped and noised.
 *
 * @param clipNorms C_k, one a LoRA pair, each positive and finite, in the gradient's units
 * @param stabilizer γ ≥ 0: 0 clips by min(1, C_k/‖g_k‖), a larger one normalises by C_k/(‖g_k‖ +
 *     γ), in the gradient's units
 * @param allocation how the noise is shared among the pairs; it costs no privacy which
 * @param noiseFactor what the planned noise multiplier is to be multiplied by, positive; 1 unless
 *     the run adapts its noise, which only a privacy filter may allow
 */
public record Decision(
    double[] clipNorms, double stabilizer, NoiseAllocation allocation, double noiseFactor) {
  /** Checks the numbers and keeps a copy. */
  public Decision {
    clipNorms = clipNorms.clone();
    for (double c : clipNorms) {
      if (!(c > 0) || Double.isInfinite(c)) {
        throw new IllegalArgumentException(
            "clip norms must be positive and finite, got " + Arrays.toString(clipNorms));
      }
    }
    if (!(stabilizer >= 0) || Double.isInfinite(stabilizer)) {
      throw new IllegalArgumentException(
          "a stabilizer must be at least 0 and finite, got " + stabilizer);
    }
    if (!(noiseFactor > 0) || Double.isInfinite(noiseFactor)) {
      throw new IllegalArgumentException(
          "a noise factor must be positive and finite, got " + noiseFactor);
    }
    if (allocation == null) {
      throw new IllegalArgumentException("a decision needs a noise allocation");
    }
  }

  /** Plain clipping at the planned noise. */
  static Decision of(double[] clipNorms, NoiseAllocation allocation) {
    return new Decision(clipNorms, 0, allocation, 1);
  }

  @Override
  public double[] clipNorms() {
    return clipNorms.clone();
  }
}
