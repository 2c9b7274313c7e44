package dev.sotto.compute;

/**
 * What attention computes, apart from the batch.
 *
 * @param heads query heads
 * @param kvHeads key/value heads; divides {@code heads}; query head h reads head h / (heads /
 *     kvHeads)
 * @param headDim channels of a head
 * @param headStride elements from one head to the next in rows of queries, keys, values and their
 *     gradients, at least {@code headDim}; 3 · headDim where the three stand side by side for each
 *     head. Heads of the output are {@code headDim} apart
 * @param mask which keys a query sees
 * @param scale multiplies the dot products, usually 1/√headDim
 * @param cap scaled products s count as cap · tanh(s / cap), before the mask; 0 for none
 */
public record AttentionShape(
    int heads,
    int kvHeads,
    int headDim,
    int headStride,
    AttentionMask mask,
    float scale,
    float cap) {

  /** Heads side by side, no cap. */
  public AttentionShape(int heads, int kvHeads, int headDim, AttentionMask mask, float scale) {
    this(heads, kvHeads, headDim, headDim, mask, scale, 0);
  }

  /** The same with another mask. */
  public AttentionShape withMask(AttentionMask other) {
    return new AttentionShape(heads, kvHeads, headDim, headStride, other, scale, cap);
  }

  /** The same with another scale. */
  public AttentionShape withScale(float other) {
    return new AttentionShape(heads, kvHeads, headDim, headStride, mask, other, cap);
  }

  /** The same with another cap. */
  public AttentionShape withCap(float other) {
    return new AttentionShape(heads, kvHeads, headDim, headStride, mask, scale, other);
  }

  /** The same with heads further apart. */
  public AttentionShape withHeadStride(int other) {
    return new AttentionShape(heads, kvHeads, headDim, other, mask, scale, cap);
  }
}
