package dev.sotto.optimizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sotto.accounting.GaussianEvent;
import dev.sotto.clip.ClippedGradSum;
import dev.sotto.clip.Clipping;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.LoraShape;
import dev.sotto.gradient.ParameterLayout;
import dev.sotto.mechanism.NoiseKey;
import dev.sotto.mechanism.NoiseMechanism;
import java.util.List;
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

  /** The private trainer's way to step against the release that one can look at. */
  @Test
  void aReleaseIntoTheNextUpdateIsAStepWithTheRelease() {
    ParameterLayout layout =
        ParameterLayout.ofPairs(List.of(new LoraShape(9, 5, 2, 1), new LoraShape(4, 7, 2, 1)));
    int d = (int) layout.parameters();
    Clipping clipping = Clipping.perPair(new double[] {0.5, 2});
    for (OptimizerOptions.Kind kind : OptimizerOptions.Kind.values()) {
      OptimizerOptions options = new OptimizerOptions(kind, 0.9, 0.1);
      try (Backend backend = Backends.open("cpu", 1);
          NoiseMechanism mechanism = new NoiseMechanism(NoiseKey.seededForTests(3));
          ClippedGradSum sum = new ClippedGradSum(backend, layout, 1, clipping);
          DeviceBuffer gradient = backend.allocate(ElementType.F32, d);
          DeviceBuffer apart = backend.allocate(ElementType.F32, d);
          DeviceBuffer fused = backend.allocate(ElementType.F32, d);
          Optimizer shown = new Optimizer(backend, options, apart);
          Optimizer blind = new Optimizer(backend, options, fused)) {
        GaussianEvent event = GaussianEvent.ofGroups(sum.sensitivities(), new double[] {1, 3});
        for (int draw = 1; draw <= STEPS; draw++) {
          shown.step(mechanism.release(sum, event, draw, 0.5, gradient), RATE);
          mechanism.releaseInto(sum, event, draw, 0.5, blind.next(RATE));
        }
        assertEquals(shown.steps(), blind.steps());
        assertArrayEquals(apart.downloadFloats(d), fused.downloadFloats(d));
        assertArrayEquals(shown.firstMoment(), blind.firstMoment());
        assertArrayEquals(shown.secondMoment(), blind.secondMoment());
        assertNotEquals(0f, fused.downloadFloats(d)[d - 1]);
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
