package dev.sotto.accounting;

import java.util.List;

/**
 * Several events released one after the other about the same data. Which events they are was fixed
 * before the first of them was released, or depends on earlier releases only through quantities
 * that leave the account unchanged (a clip norm at constant noise multiplier).
 *
 * @param events the events in order; an empty list releases nothing
 */
public record ComposedEvent(List<PrivacyEvent> events) implements PrivacyEvent {
  /** Copies the list. */
  public ComposedEvent {
    events = List.copyOf(events);
  }

  /**
   * A composition of the given events.
   *
   * @param events the events in order
   * @return the composition
   */
  public static ComposedEvent of(PrivacyEvent... events) {
    return new ComposedEvent(List.of(events));
  }
}
