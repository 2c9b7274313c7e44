package dev.sotto.control.learn;

import java.util.Arrays;

/** Checks of settings and arguments. */
final class Ranges {
  private Ranges() {}

  static void atLeast(int least, int value, String name) {
    if (value < least) {
      throw new IllegalArgumentException(name + " must be at least " + least + ", got " + value);
    }
  }

  static void within(double least, double value, double greatest, String name) {
    if (!(value >= least && value <= greatest)) {
      throw new IllegalArgumentException(
          name + " must lie in [" + least + ", " + greatest + "], got " + value);
    }
  }

  static void observation(double[] observation, int size) {
    length(observation, size, "an observation");
    if (!Arrays.stream(observation).allMatch(Double::isFinite)) {
      throw new IllegalArgumentException("an observation must hold finite numbers");
    }
  }

  static void length(double[] values, int size, String name) {
    if (values.length != size) {
      throw new IllegalArgumentException(
          name + " must have " + size + " entries, got " + values.length);
    }
  }
}
