package dev.sotto.accounting;

/**
 * One thing released about the private data, described well enough to account for it without
 * reading the code that released it. Events are immutable and compare by value.
 *
 * <p>The neighbouring relation is not part of an event: it is fixed when an {@link Accountant} is
 * made. An accountant refuses an event it has no proof for with {@link
 * UnsupportedOperationException}; it never approximates one.
 */
public sealed interface PrivacyEvent
    permits GaussianEvent,
        LaplaceEvent,
        LmoEvent,
        PoissonSampledEvent,
        ComposedEvent,
        RepeatedEvent {

  /**
   * This event released {@code times} times, one after the other.
   *
   * @param times how often, at least 1
   * @return the repeated event
   */
  default PrivacyEvent repeated(long times) {
    return new RepeatedEvent(this, times);
  }
}
