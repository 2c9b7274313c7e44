package dev.sotto.compute;

/**
 * Which keys a query sees.
 *
 * @param causal whether only keys at its own position or before
 * @param window how many keys at most, counted back from its own position, itself included; 0 for
 *     no limit
 */
public record AttentionMask(boolean causal, int window) {
  /** Every query sees every key. */
  public static final AttentionMask FULL = new AttentionMask(false, 0);

  /** Keys at a query's own position or before, so many at most; 0 for no limit. */
  public static AttentionMask causal(int window) {
    return new AttentionMask(true, window);
  }
}
