package dev.sotto.control.learn;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.function.DoubleSupplier;

/** Gradients by central differences in double precision. */
final class Differences {
  private static final double STEP = 1e-5;

  private Differences() {}

  /**
   * Checks a network's gradient of a loss, entry by entry.
   *
   * @param gradient as the code under test gives it
   * @param loss the loss with the network as it is
   */
  static void check(Mlp network, double[] gradient, DoubleSupplier loss) {
    double[] parameters = network.parameters();
    for (int i = 0; i < parameters.length; i++) {
      double kept = parameters[i];
      parameters[i] = kept + STEP;
      network.assign(parameters);
      double above = loss.getAsDouble();
      parameters[i] = kept - STEP;
      network.assign(parameters);
      double below = loss.getAsDouble();
      parameters[i] = kept;
      network.assign(parameters);
      assertClose((above - below) / (2 * STEP), gradient[i], "parameter " + i);
    }
  }

  /** As {@link #check} for numbers in an array. */
  static void check(double[] values, double[] gradient, DoubleSupplier loss) {
    for (int i = 0; i < values.length; i++) {
      double kept = values[i];
      values[i] = kept + STEP;
      double above = loss.getAsDouble();
      values[i] = kept - STEP;
      double below = loss.getAsDouble();
      values[i] = kept;
      assertClose((above - below) / (2 * STEP), gradient[i], "entry " + i);
    }
  }

  private static void assertClose(double expected, double actual, String what) {
    assertEquals(expected, actual, 1e-7 + 1e-6 * Math.abs(expected), what);
  }
}
