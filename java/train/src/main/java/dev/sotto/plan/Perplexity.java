package dev.sotto.plan;

/**
 * Perplexity on the public validation data.
 *
 * @param before of the base model
 * @param after with the trained adapters
 */
public record Perplexity(double before, double after) {}
