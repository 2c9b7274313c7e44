package dev.sotto.compute;

/**
 * What attention computes, apart from the batch.
 *
 * @param heads query heads
 * @param kvHeads key/value heads; divides {@code heads}; query head h reads head h / (heads /
 *     kvHeads)
 * @param headDim channels of a head
 * @param causal whether a query sees only keys at its own position or before
 * @param window how many keys a query sees at most, itself included; 0 for no limit
 * @param scale multiplies the dot products, usually 1/√headDim
 */
public record AttentionShape(
    int heads, int kvHeads, int headDim, boolean causal, int window, float scale) {}
