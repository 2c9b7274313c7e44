package dev.sotto.trainer;

import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.clip.Clipping;

/**
 * The mechanism of every step, fixed before training.
 *
 * @param samplingProbability q
 * @param expectedBatchSize qN with the public N; the divisor of every sum
 * @param clipping groups and clip norms
 * @param release the noise of each group: what is accounted for is what is drawn
 */
public record PrivacyParameters(
    double samplingProbability,
    double expectedBatchSize,
    Clipping clipping,
    PrivacyEvent release) {}
