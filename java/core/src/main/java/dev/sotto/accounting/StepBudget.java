package dev.sotto.accounting;

import java.util.Objects;

/**
 * The filter for noise fixed in advance: admits the declared event at most a declared number of
 * times. With it the account of a {@link PldAccountant} made before the run holds for the run.
 */
public final class StepBudget {
  private final PrivacyEvent event;
  private final long steps;
  private long reserved;

  /**
   * Makes a budget.
   *
   * @param event what every step releases
   * @param steps how many steps at most
   */
  public StepBudget(PrivacyEvent event, long steps) {
    this.event = Objects.requireNonNull(event, "event");
    this.steps = Checks.count(steps, "number of steps");
  }

  /**
   * Charges one step.
   *
   * @param asked what is about to be released; must equal the declared event
   * @throws IllegalStateException if it does not, or if all steps are used
   */
  public synchronized void reserve(PrivacyEvent asked) {
    if (!event.equals(asked)) {
      throw new IllegalStateException("the step releases another event than the one declared");
    }
    if (reserved >= steps) {
      throw new IllegalStateException("all " + steps + " declared steps are used");
    }
    reserved++;
  }

  /**
   * How many steps may still be reserved.
   *
   * @return declared minus reserved steps
   */
  public synchronized long remaining() {
    return steps - reserved;
  }
}
