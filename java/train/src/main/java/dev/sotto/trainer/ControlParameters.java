package dev.sotto.trainer;

import dev.sotto.accounting.PrivacyFilter;
import java.util.Optional;
import java.util.function.DoubleSupplier;
import java.util.function.LongToDoubleFunction;

/**
 * What a controlled run fixes before its first step.
 *
 * @param noise of every step
 * @param interval steps between decisions
 * @param steps T, the most that may be made
 * @param validation on public data; empty without any
 * @param epsilonAfter upper bound on ε after so many charged steps
 */
public record ControlParameters(
    Noise noise,
    int interval,
    long steps,
    Optional<Validation> validation,
    LongToDoubleFunction epsilonAfter) {
  /**
   * How every step is sampled and noised.
   *
   * @param release form of every step's release
   * @param samplingProbability q of every step
   * @param multiplier z of every step, or z_0 where the noise is chosen
   * @param filter guards the budget where the noise is chosen, already charged with what earlier
   *     processes charged; empty where the noise is fixed
   */
  public record Noise(
      ControlledRelease release,
      double samplingProbability,
      double multiplier,
      Optional<PrivacyFilter> filter) {}

  /**
   * How good a model is on public data.
   *
   * @param loss mean nats per token
   * @param rewards whether the controller is shown it
   */
  public record Validation(DoubleSupplier loss, boolean rewards) {}
}
