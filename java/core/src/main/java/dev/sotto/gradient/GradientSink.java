package dev.sotto.gradient;

/**
 * What a backward pass feeds, block by block: the factors of the per-sample gradients of one
 * micro-batch. Raw private data goes in; nothing but the clip may see what comes of it.
 */
@FunctionalInterface
public interface GradientSink {
  /** Takes the factors of block {@code k}. Every block is given once a pass. */
  void accept(int k, Factors factors);
}
