package dev.sotto.trainer;

import dev.sotto.accounting.PrivacyFilter;
import java.util.Optional;
import java.util.function.DoubleSupplier;
import java.util.function.LongToDoubleFunction;

/**
 * What a controlled run fixes before its first step.
 *
 * @param release form of every step's release
 * @param samplingProbability q of every step
 * @param noiseMultiplier z of every step, or z_0 where the noise is chosen
 * @param filter guards the budget where the noise is chosen, already charged with what earlier
 *     processes charged; empty where the noise is fixed
 * @param interval steps between decisions
 * @param steps T, the most that may be made
 * @param validationLoss mean nats per token on public data; empty without any
 * @param rewardFromValidation whether the controller is shown that loss
 * @param epsilonAfter upper bound on ε after so many charged steps
 */
public record ControlParameters(
    ControlledRelease release,
    double samplingProbability,
    double noiseMultiplier,
    Optional<PrivacyFilter> filter,
    int interval,
    long steps,
    Optional<DoubleSupplier> validationLoss,
    boolean rewardFromValidation,
    LongToDoubleFunction epsilonAfter) {}
