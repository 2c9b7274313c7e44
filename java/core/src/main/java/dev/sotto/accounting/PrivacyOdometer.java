package dev.sotto.accounting;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Remembers what was released and reports what it costs. It reports, it does not stop anything; and
 * its figure is a guarantee only if the events did not depend on earlier releases. For adaptive
 * noise use {@link PrivacyFilter}.
 */
public final class PrivacyOdometer {
  private final Map<PrivacyEvent, Long> counts = new LinkedHashMap<>();

  /** Makes an odometer at zero. */
  public PrivacyOdometer() {}

  /**
   * Adds an event.
   *
   * @param event what was or is about to be released
   */
  public synchronized void add(PrivacyEvent event) {
    counts.merge(event, 1L, Math::addExact);
  }

  /**
   * Everything added so far as one event, equal events counted together.
   *
   * @return the composition, empty if nothing was added
   */
  public synchronized ComposedEvent event() {
    List<PrivacyEvent> parts = new ArrayList<>();
    counts.forEach((event, count) -> parts.add(event.repeated(count)));
    return new ComposedEvent(parts);
  }

  /**
   * The cost of everything added so far.
   *
   * @param accountant what it is measured with
   * @param delta the delta of the guarantee
   * @return a proven bracket
   */
  public EpsilonBound epsilon(Accountant accountant, double delta) {
    return accountant.epsilon(event(), delta);
  }
}
