package dev.sotto.compute;

/**
 * The shape of one LoRA pair: A [rank, inChannels], B [outChannels, rank], y += scale · (x Aᵀ) Bᵀ.
 *
 * @param inChannels Cin
 * @param outChannels Cout
 * @param rank R, 1 to 256; for the gradients of a pair up to 2^20, so that a dense layer [K,C] can
 *     be an A of rank K with no B (Cout = 0), and B alone be trained beside a frozen A (Cin = 0)
 * @param scale alpha / rank
 */
public record LoraShape(int inChannels, int outChannels, int rank, float scale) {
  /** Parameters of A, which stand before those of B. */
  public long parametersOfA() {
    return (long) rank * inChannels;
  }

  /** Parameters of B. */
  public long parametersOfB() {
    return (long) rank * outChannels;
  }

  /** Parameters of the pair, R · (Cin + Cout). */
  public long parameters() {
    return (long) rank * (inChannels + outChannels);
  }
}
