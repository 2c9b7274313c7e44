package dev.sotto.checkpoint;

/**
 * The two matrices of one adapted module; the module's output gains scaling·B·A·x.
 *
 * @param module the module's path in the base model, such as {@code
 *     model.layers.0.self_attn.q_proj}
 * @param rank inner dimension R
 * @param in width of the module's input
 * @param out width of the module's output
 * @param a A, [R, in], row-major; owned by this pair
 * @param b B, [out, R], row-major; owned by this pair
 */
public record LoraPair(String module, int rank, int in, int out, float[] a, float[] b) {
  /**
   * Checks the sizes.
   *
   * @throws IllegalArgumentException if an array does not have the size its shape asks for
   */
  public LoraPair {
    if (a.length != Math.multiplyExact(rank, in) || b.length != Math.multiplyExact(out, rank)) {
      throw new IllegalArgumentException(
          "LoRA pair of " + module + ": arrays do not fit rank " + rank + ", " + in + " -> " + out);
    }
  }
}
