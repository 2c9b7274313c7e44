package dev.sotto.accounting;

import java.util.Objects;

/**
 * An event computed on a Poisson sample: every privacy unit takes part independently with the same
 * probability. Sampling without replacement or by shuffling is something else and must not be
 * described by this event.
 *
 * @param samplingProbability q in (0, 1]
 * @param event what is released about the sample
 */
public record PoissonSampledEvent(double samplingProbability, PrivacyEvent event)
    implements PrivacyEvent {
  /** Checks the probability. */
  public PoissonSampledEvent {
    Checks.probability(samplingProbability, "sampling probability");
    Objects.requireNonNull(event, "event");
  }
}
