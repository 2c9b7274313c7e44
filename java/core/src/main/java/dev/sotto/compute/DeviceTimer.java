package dev.sotto.compute;

/**
 * A backend's own clock. Calls return before a GPU has done their work, so the host's clock around
 * them says little; this one reads the time on the device, by two CUDA events, and on the CPU the
 * host's steady clock. Times of operations on private records are private, as their results are.
 */
public interface DeviceTimer {
  /** Marks the place of the next call in the backend's queue; forgets an earlier mark. */
  void startTimer();

  /**
   * Waits for all calls since {@link #startTimer}.
   *
   * @return the seconds from the mark to their end, on the device
   * @throws IllegalArgumentException if the timer was not started
   */
  double stopTimer();
}
