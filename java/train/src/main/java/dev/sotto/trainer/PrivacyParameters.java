package dev.sotto.trainer;

import dev.sotto.accounting.NoiseAllocation;
import dev.sotto.clip.Clipping;

/**
 * The mechanism of every step, fixed before training.
 *
 * @param samplingProbability q
 * @param expectedBatchSize qN with the public N; the divisor of every sum
 * @param clipping groups and clip norms
 * @param noiseMultiplier z, of all groups jointly
 * @param allocation how noise is shared among the groups
 */
public record PrivacyParameters(
    double samplingProbability,
    double expectedBatchSize,
    Clipping clipping,
    double noiseMultiplier,
    NoiseAllocation allocation) {}
