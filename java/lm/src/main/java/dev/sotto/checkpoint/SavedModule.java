package dev.sotto.checkpoint;

/**
 * A dense layer that an adapter holds whole: one of PEFT's {@code modules_to_save}.
 *
 * @param module the layer's path in the base model, such as {@code classifier}
 * @param in width of its input
 * @param out width of its output
 * @param weight [out, in], row-major; owned by this
 * @param bias [out]; empty for none; owned by this
 */
public record SavedModule(String module, int in, int out, float[] weight, float[] bias) {
  /**
   * Checks the sizes.
   *
   * @throws IllegalArgumentException if an array does not have the size its shape asks for
   */
  public SavedModule {
    if (weight.length != Math.multiplyExact(out, in) || (bias.length != 0 && bias.length != out)) {
      throw new IllegalArgumentException(
          "saved module " + module + ": arrays do not fit " + in + " -> " + out);
    }
  }

  /** Parameters of the layer. */
  public int parameters() {
    return weight.length + bias.length;
  }
}
