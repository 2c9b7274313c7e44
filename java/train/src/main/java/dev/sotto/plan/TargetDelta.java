package dev.sotto.plan;

import dev.sotto.base.InputException;

/** Which δ a guarantee may be stated at. */
final class TargetDelta {
  private TargetDelta() {}

  /**
   * Refuses a δ at which whole records may be published: one of N units picked at random and
   * published as it is has δ = 1/N and ε = 0.
   *
   * @param delta asked for
   * @param units number of privacy units, N
   * @return delta
   * @throws InputException if it is not below 1/N
   */
  static double require(double delta, long units) {
    if (delta * units >= 1) {
      throw new InputException(
          "delta "
              + delta
              + " is not below 1/N for N = "
              + units
              + " privacy units: a mechanism with such a delta may publish whole records; choose at most "
              + 0.1 / units);
    }
    return delta;
  }
}
