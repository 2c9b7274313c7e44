package dev.sotto.clip;

import dev.sotto.gradient.ParameterLayout;
import java.util.Arrays;

/**
 * How a unit's gradient is bounded: one flat group over all parameters, or one group a LoRA pair.
 *
 * <pre>{@code
 * Clipping flat = Clipping.flat(1.0);
 * Clipping pairwise = Clipping.perPair(new double[] {0.3, 0.1});
 * }</pre>
 */
public final class Clipping {
  private final boolean flat;
  private final double[] clipNorms;

  private Clipping(boolean flat, double[] clipNorms) {
    for (double c : clipNorms) {
      if (!(c > 0) || Double.isInfinite(c)) {
        throw new IllegalArgumentException(
            "clip norm " + c + " is not a positive finite number: choose one, for example 1.0");
      }
    }
    this.flat = flat;
    this.clipNorms = clipNorms;
  }

  /** ḡ = g · min(1, C/‖g‖₂) over all parameters together. */
  public static Clipping flat(double l2ClipNorm) {
    return new Clipping(true, new double[] {l2ClipNorm});
  }

  /** ḡ_k = g_k · min(1, C_k/‖g_k‖₂), k a LoRA pair (A_k, B_k). */
  public static Clipping perPair(double[] l2ClipNorms) {
    return new Clipping(false, l2ClipNorms.clone());
  }

  /** Every pair gets C/√K, so that the whole gradient is bounded by C as in flat clipping. */
  public static Clipping perPair(double l2ClipNorm, int pairs) {
    double[] norms = new double[pairs];
    Arrays.fill(norms, l2ClipNorm / Math.sqrt(pairs));
    return new Clipping(false, norms);
  }

  /** Whether there is one group over all parameters. */
  public boolean isFlat() {
    return flat;
  }

  /** C_k of each group, in the gradient's units. */
  public double[] clipNorms() {
    return clipNorms.clone();
  }

  /** The groups as ranges of the flat parameter vector, in order. */
  GroupRange[] ranges(ParameterLayout layout) {
    if (flat) {
      return new GroupRange[] {new GroupRange(0, layout.parameters())};
    }
    if (clipNorms.length != layout.size()) {
      throw new IllegalArgumentException(
          clipNorms.length + " clip norms were given for " + layout.size() + " LoRA pairs");
    }
    GroupRange[] ranges = new GroupRange[layout.size()];
    for (int k = 0; k < ranges.length; k++) {
      ranges[k] = new GroupRange(layout.offset(k), layout.pairs().get(k).parameters());
    }
    return ranges;
  }

  /**
   * Parameters {@code offset .. offset+size-1} of the flat vector.
   *
   * @param offset first parameter
   * @param size number of parameters
   */
  record GroupRange(long offset, long size) {}
}
