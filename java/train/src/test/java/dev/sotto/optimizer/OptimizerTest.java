package dev.sotto.optimizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Several updates against the published formulas in double precision. */
class OptimizerTest {
  private static final int D = 37;
  private static final int STEPS = 6;
  private static final float RATE = 0.02f;

  @ParameterizedTest
  @CsvSource({"cpu,0,0", "cpu,0.9,0", "cpu,0.9,0.1", "cpu-reference,0.9,0.1"})
  void sgdWithMomentum(String backend, double momentum, double decay) {
    double[] weights = gaussian(new Random(1));
    double[] velocity = new double[D];
    double[][] gradients = gradients();
    for (double[] g : gradients) {
      for (int i = 0; i < D; i++) {
        velocity[i] = momentum * velocity[i] + g[i];
        weights[i] -= RATE * (velocity[i] + decay * weights[i]);
      }
    }
    compare(
        backend,
        new OptimizerOptions(OptimizerOptions.Kind.SGD, momentum, decay),
        gradients,
        weights);
  }

  @ParameterizedTest
  @CsvSource({"cpu,0", "cpu,0.1", "cpu-reference,0.1"})
  void adamw(String backend, double decay) {
    double[] weights = gaussian(new Random(1));
    double[] m = new double[D];
    double[] v = new double[D];
    double[][] gradients = gradients();
    for (int t = 1; t <= STEPS; t++) {
      for (int i = 0; i < D; i++) {
        double g = gradients[t - 1][i];
        m[i] = 0.9 * m[i] + 0.1 * g;
        v[i] = 0.999 * v[i] + 0.001 * g * g;
        double mean = m[i] / (1 - Math.pow(0.9, t));
        double square = v[i] / (1 - Math.pow(0.999, t));
        weights[i] -= RATE * (mean / (Math.sqrt(square) + 1e-8) + decay * weights[i]);
      }
    }
    compare(
        backend, new OptimizerOptions(OptimizerOptions.Kind.ADAMW, 0, decay), gradients, weights);
  }

  private static void compare(
      String name, OptimizerOptions options, double[][] gradients, double[] expected) {
    try (Backend backend = Backends.open(name, 1);
        DeviceBuffer weights = backend.allocate(ElementType.F32, D);
        DeviceBuffer gradient = backend.allocate(ElementType.F32, D);
        Optimizer optimizer = new Optimizer(backend, options, weights)) {
      weights.upload(floats(gaussian(new Random(1))));
      for (double[] g : gradients) {
        gradient.upload(floats(g));
        optimizer.step(new PublicGradient(gradient), RATE);
      }
      assertEquals(STEPS, optimizer.steps());
      float[] actual = weights.downloadFloats(D);
      for (int i = 0; i < D; i++) {
        assertEquals(
            expected[i], actual[i], 2e-6 * Math.max(1, Math.abs(expected[i])), "weight " + i);
      }
    }
  }

  @Test
  void refusesBadConstants() {
    for (double momentum : new double[] {-0.1, 1, Double.NaN}) {
      assertThrows(
          IllegalArgumentException.class,
          () -> new OptimizerOptions(OptimizerOptions.Kind.SGD, momentum, 0));
    }
    for (double decay : new double[] {-0.1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThrows(
          IllegalArgumentException.class,
          () -> new OptimizerOptions(OptimizerOptions.Kind.ADAMW, 0, decay));
    }
  }

  private static double[][] gradients() {
    Random random = new Random(2);
    double[][] gradients = new double[STEPS][];
    for (int t = 0; t < STEPS; t++) {
      gradients[t] = gaussian(random);
    }
    return gradients;
  }

  /** Values that floats hold exactly, so that both sides start alike. */
  private static double[] gaussian(Random random) {
    double[] values = new double[D];
    for (int i = 0; i < D; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private static float[] floats(double[] values) {
    float[] result = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      result[i] = (float) values[i];
    }
    return result;
  }
}
