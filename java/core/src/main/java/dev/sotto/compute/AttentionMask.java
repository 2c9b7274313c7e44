package dev.sotto.compute;

/**
 * Which keys a query sees.
 *
 * @param causal whether only keys at its own position or before
 * @param window how many keys at most, counted back from its own position, itself included; 0 for
 *     no limit
 */
public record AttentionMask(boolean causal, int window) {}
