package dev.sotto.trainer;

/**
 * How a step of a run is made. A private one draws its sample, reserves what the release will cost,
 * releases it into the weights, and commits; a step without privacy draws and updates. {@link
 * StepLoop} makes one after another.
 */
public interface StepRule {
  /**
   * Makes a step.
   *
   * @param step counted from 1; the one after the last that was charged
   * @return false if nothing that may be released fits what is left of the budget: no step was
   *     made, and none can be
   */
  boolean step(long step);

  /** Whether a run that ends after the last step made can be gone on with from there. */
  default boolean rests() {
    return true;
  }
}
