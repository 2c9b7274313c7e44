package dev.sotto.control.learn;

import java.util.Arrays;

/**
 * One step of a decision process.
 *
 * @param observation s, what the action was chosen on
 * @param action a, each entry in [-1, 1]
 * @param reward r, finite
 * @param next s', what was truly observed after the action, also when the episode ended there
 * @param terminal whether the episode ended, so that no reward can follow s'; false when it was
 *     merely cut off
 */
public record Transition(
    double[] observation, double[] action, double reward, double[] next, boolean terminal) {
  /**
   * Checks what can be checked without knowing the agent.
   *
   * @throws IllegalArgumentException if a number is not finite, an action lies outside [-1, 1], or
   *     the two observations differ in size
   */
  public Transition {
    if (observation.length != next.length) {
      throw new IllegalArgumentException(
          "a transition needs observations of one size, got "
              + observation.length
              + " and "
              + next.length
              + " entries");
    }
    if (!Double.isFinite(reward)) {
      throw new IllegalArgumentException(
          "a reward must be a finite number, got " + reward + "; leave such a transition out");
    }
    if (!Arrays.stream(observation).allMatch(Double::isFinite)
        || !Arrays.stream(next).allMatch(Double::isFinite)) {
      throw new IllegalArgumentException("an observation must hold finite numbers");
    }
    if (!Arrays.stream(action).allMatch(a -> Math.abs(a) <= 1)) {
      throw new IllegalArgumentException(
          "an action must lie in [-1, 1], got " + Arrays.toString(action));
    }
    observation = observation.clone();
    action = action.clone();
    next = next.clone();
  }
}
