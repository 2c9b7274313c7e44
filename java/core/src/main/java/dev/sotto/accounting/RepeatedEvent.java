package dev.sotto.accounting;

import java.util.Objects;

/**
 * One event released several times, each time with fresh noise and a fresh sample.
 *
 * @param event the event
 * @param count how often, in [1, {@value #MAX_COUNT}]
 */
public record RepeatedEvent(PrivacyEvent event, long count) implements PrivacyEvent {
  /** The largest number of repetitions: rounding errors are bounded up to here. */
  public static final long MAX_COUNT = 1_000_000_000L;

  /** Checks the count. */
  public RepeatedEvent {
    Objects.requireNonNull(event, "event");
    Checks.count(count, "number of repetitions");
  }
}
