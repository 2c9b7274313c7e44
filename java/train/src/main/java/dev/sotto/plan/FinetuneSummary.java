package dev.sotto.plan;

/**
 * What is about to be trained; public.
 *
 * @param backend what computes
 * @param modelParameters frozen weights
 * @param trainableParameters d
 * @param pairs adapted modules
 * @param units N
 * @param steps T
 * @param expectedBatchTokens most tokens of an expected batch, qN · maximum length
 */
public record FinetuneSummary(
    String backend,
    long modelParameters,
    long trainableParameters,
    int pairs,
    long units,
    long steps,
    double expectedBatchTokens) {}
