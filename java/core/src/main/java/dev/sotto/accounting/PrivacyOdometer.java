package dev.sotto.accounting;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Remembers what was released and reports what that would cost had it been fixed beforehand. It
 * reports, it does not stop anything, and its reading is no epsilon: where the events, or when they
 * ended, depended on earlier releases, no guarantee follows from it. For a budget that holds
 * whatever the events depend on use {@link PrivacyFilter}.
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
   * What the events so far would cost had they been fixed before the first release.
   *
   * @param accountant what it is measured with
   * @param delta the delta it is measured at
   * @return the accountant's upper figure; not a guarantee
   */
  public double reading(Accountant accountant, double delta) {
    return accountant.epsilonUpper(event(), delta);
  }
}
