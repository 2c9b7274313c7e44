package dev.sotto.trainer;

import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.clip.Clipping;
import java.util.Optional;

/**
 * The mechanism of every step, fixed before training.
 *
 * @param samplingProbability q
 * @param expectedBatchSize qN with the public N; the divisor of every sum
 * @param clipping groups and clip norms
 * @param event the noise of each group: what is accounted for is what is drawn
 * @param control form of the releases of steps whose clipping is chosen during the run; empty where
 *     every step is the same
 */
public record PrivacyParameters(
    double samplingProbability,
    double expectedBatchSize,
    Clipping clipping,
    PrivacyEvent event,
    Optional<ControlledRelease> control) {}
