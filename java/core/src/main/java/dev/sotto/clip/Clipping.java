package dev.sotto.clip;

import dev.sotto.gradient.ParameterLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

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
  private final double stabilizer;

  private Clipping(boolean flat, double[] clipNorms, double stabilizer) {
    for (double c : clipNorms) {
      requireClipNorm(c);
    }
    this.flat = flat;
    this.clipNorms = clipNorms;
    this.stabilizer = stabilizer;
  }

  private static void requireClipNorm(double c) {
    if (!(c > 0) || Double.isInfinite(c)) {
      throw new IllegalArgumentException(
          "clip norm " + c + " is not a positive finite number: choose one, for example 1.0");
    }
  }

  /** ḡ = g · min(1, C/‖g‖₂) over all parameters together. */
  public static Clipping flat(double l2ClipNorm) {
    return new Clipping(true, new double[] {l2ClipNorm}, 0);
  }

  /** ḡ_k = g_k · min(1, C_k/‖g_k‖₂), k a LoRA pair (A_k, B_k). */
  public static Clipping perPair(double[] l2ClipNorms) {
    return new Clipping(false, l2ClipNorms.clone(), 0);
  }

  /** Every pair gets C/√K, so that the whole gradient is bounded by C as in flat clipping. */
  public static Clipping perPair(double l2ClipNorm, int pairs) {
    double[] norms = new double[pairs];
    Arrays.fill(norms, l2ClipNorm / Math.sqrt(pairs));
    return new Clipping(false, norms, 0);
  }

  /**
   * The same groups with the normalisation of AUTO-S instead: ḡ = g · C/(‖g‖₂ + γ) (Bu, Wang, Zha
   * and Karypis 2023, "Automatic Clipping", with C = 1). Every gradient shorter than γ counts by
   * its length, every longer one nearly by its direction alone. ‖ḡ‖ {@literal <} C as before, so
   * the sensitivity is the same.
   *
   * @param gamma γ in the gradient's units, for example 0.01; 0 is plain clipping
   * @throws IllegalArgumentException if it is negative or not finite
   */
  public Clipping normalised(double gamma) {
    if (!(gamma >= 0) || Double.isInfinite(gamma)) {
      throw new IllegalArgumentException(
          "stabilizer "
              + gamma
              + " is not a finite number of at least 0: choose one, for example 0.01");
    }
    return new Clipping(flat, clipNorms, gamma);
  }

  /** γ of {@link #normalised}; 0 where gradients are clipped, g · min(1, C/‖g‖₂). */
  public double stabilizer() {
    return stabilizer;
  }

  /** Whether there is one group over all parameters. */
  public boolean isFlat() {
    return flat;
  }

  /** C_k of each group, in the gradient's units. */
  public double[] clipNorms() {
    return clipNorms.clone();
  }

  /**
   * The groups over a layout, in the order of the flat parameter vector. They follow from public
   * numbers alone, so that a run can be planned before anything is allocated.
   *
   * @throws IllegalArgumentException if there are not as many clip norms as LoRA pairs
   */
  public List<Group> groups(ParameterLayout layout) {
    if (flat) {
      return List.of(new Group(0, layout.parameters(), clipNorms[0]));
    }
    if (clipNorms.length != layout.size()) {
      throw new IllegalArgumentException(
          clipNorms.length + " clip norms were given for " + layout.size() + " LoRA pairs");
    }
    List<Group> groups = new ArrayList<>();
    for (int k = 0; k < clipNorms.length; k++) {
      groups.add(new Group(layout.offset(k), layout.parameters(k), clipNorms[k]));
    }
    return groups;
  }

  /**
   * Parameters {@code offset .. offset+size-1} of the flat vector, clipped together.
   *
   * @param offset first parameter
   * @param size number of parameters d_k
   * @param clipNorm C_k, in the gradient's units
   */
  public record Group(long offset, long size, double clipNorm) {
    /** The clip kernel promises ‖ḡ‖ ≤ C(1 + 2⁻¹⁶) in the arithmetic it uses. */
    public static final double CLIP_SLACK = 0x1p-16;

    private static final double GRID = 0x1p-20;

    /** Checks the numbers. */
    public Group {
      if (offset < 0 || size < 1) {
        throw new IllegalArgumentException(
            "a clipped group of " + size + " parameters from " + offset + " on is none");
      }
      requireClipNorm(clipNorm);
    }

    /** Spacing η_k of the grid of sums and noise: the largest power of two ≤ C_k·2⁻²⁰/√d_k. */
    public double quantum() {
      return Math.scalb(1.0, Math.getExponent(clipNorm * GRID / Math.sqrt(size)));
    }

    /**
     * L2 sensitivity under adding or removing one unit: C_k(1 + 2⁻¹⁶) for the clip and η_k√d_k/2
     * for the rounding.
     */
    public double sensitivity() {
      return clipNorm * (1 + CLIP_SLACK) + quantum() * Math.sqrt(size) / 2;
    }

    /**
     * Checks that sums of {@code expectedBatchSize} units are exact. A coordinate of the sum is at
     * most B·C_k, below B·√d_k·2²¹ quanta, and a double counts up to 2⁵³ of them; half of that is
     * left for batches larger than expected.
     *
     * @throws IllegalArgumentException if B·√d_k reaches 2³¹
     */
    public void requireExactSums(double expectedBatchSize) {
      if (!(expectedBatchSize * Math.sqrt(size) < 0x1p31)) {
        throw new IllegalArgumentException(
            "an expected batch of "
                + expectedBatchSize
                + " units over "
                + size
                + " parameters clipped together exceeds what is summed exactly: choose a batch"
                + " size below "
                + Math.floor(0x1p31 / Math.sqrt(size)));
      }
    }
  }
}
