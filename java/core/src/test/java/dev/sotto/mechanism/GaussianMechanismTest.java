package dev.sotto.mechanism;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.NoiseAllocation;
import dev.sotto.clip.ClippedGradSum;
import dev.sotto.clip.Clipping;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.LoraShape;
import dev.sotto.gradient.ParameterLayout;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.math3.distribution.NormalDistribution;
import org.apache.commons.math3.stat.inference.KolmogorovSmirnovTest;
import org.junit.jupiter.api.Test;

/**
 * The release of an empty sum is pure noise, so what comes out can be tested against the law that
 * was accounted for.
 */
class GaussianMechanismTest {
  private static final double FALSE_ALARM = 1e-6;
  private static final ParameterLayout LAYOUT =
      new ParameterLayout(
          List.of(new LoraShape(3000, 2000, 8, 1f), new LoraShape(2048, 2048, 8, 1f)));

  @Test
  void noiseHasTheStddevOfTheEvent() {
    try (Backend backend = Backends.open("cpu", 2);
        ClippedGradSum sum =
            new ClippedGradSum(backend, LAYOUT, 1, Clipping.perPair(new double[] {0.5, 2}))) {
      double[] stddev = stddevs(sum, 1.3);
      assertEquals(1.3, GaussianMechanism.event(sum, stddev).noiseMultiplier(), 1e-12);
      double[][] noise = release(backend, sum, stddev, 1);
      for (int g = 0; g < 2; g++) {
        assertTrue(isNormal(noise[g], stddev[g]), "group " + g);
        assertFalse(isNormal(noise[g], stddev[g] / 2), "halved noise must be noticed");
        assertFalse(isNormal(noise[g], stddev[g] * 1.05), "5% must be noticed");
      }
    }
  }

  @Test
  void uniformAllocationScalesWithTheRootOfTheGroupCount() {
    try (Backend backend = Backends.open("cpu", 1)) {
      List<LoraShape> pairs = new ArrayList<>();
      for (int k = 0; k < 12; k++) {
        pairs.add(new LoraShape(16, 16, 2, 1f));
      }
      try (ClippedGradSum sum =
          new ClippedGradSum(backend, new ParameterLayout(pairs), 1, Clipping.perPair(1.0, 12))) {
        double[] naive = sum.sensitivities();
        for (int k = 0; k < naive.length; k++) {
          naive[k] *= 2;
        }
        GaussianEvent event = GaussianMechanism.event(sum, naive);
        assertEquals(2 / Math.sqrt(12), event.noiseMultiplier(), 1e-12);
      }
    }
  }

  @Test
  void drawsAreFreshAndAddressed() {
    try (Backend backend = Backends.open("cpu", 2);
        ClippedGradSum sum = new ClippedGradSum(backend, LAYOUT, 1, Clipping.flat(1))) {
      double[] stddev = stddevs(sum, 1);
      double[] first = release(backend, sum, stddev, 1)[0];
      assertArrayEquals(first, release(backend, sum, stddev, 1)[0]);
      double[] second = release(backend, sum, stddev, 2)[0];
      double product = 0;
      for (int i = 0; i < first.length; i++) {
        product += first[i] * second[i] / (stddev[0] * stddev[0]);
      }
      double sigmas = product / Math.sqrt(first.length);
      assertTrue(Math.abs(sigmas) < 5, "two steps correlate at " + sigmas + " sigma");
    }
  }

  private static double[] stddevs(ClippedGradSum sum, double z) {
    int[] sizes = new int[sum.groups()];
    for (int g = 0; g < sizes.length; g++) {
      sizes[g] = (int) sum.size(g);
    }
    return NoiseAllocation.UNIFORM.stddevs(z, sum.sensitivities(), sizes);
  }

  private static double[][] release(
      Backend backend, ClippedGradSum sum, double[] stddev, long draw) {
    GaussianMechanism mechanism = new GaussianMechanism(NoiseKey.seededForTests(21));
    try (DeviceBuffer out = backend.allocate(ElementType.F32, sum.parameters())) {
      float[] released =
          mechanism
              .release(sum, stddev, draw, 1, out)
              .value()
              .downloadFloats((int) sum.parameters());
      double[][] groups = new double[sum.groups()][];
      for (int g = 0; g < groups.length; g++) {
        groups[g] = new double[(int) sum.size(g)];
        for (int i = 0; i < groups[g].length; i++) {
          groups[g][i] = released[(int) sum.offset(g) + i];
        }
      }
      return groups;
    }
  }

  /**
   * Kolmogorov-Smirnov at a false-alarm rate of 1e-6, and the sample variance within 5 standard
   * errors.
   */
  private static boolean isNormal(double[] values, double stddev) {
    double p =
        new KolmogorovSmirnovTest()
            .kolmogorovSmirnovTest(new NormalDistribution(0, stddev), values, false);
    double square = 0;
    for (double v : values) {
      square += v * v;
    }
    double ratio = square / values.length / (stddev * stddev);
    boolean variance = Math.abs(ratio - 1) < 5 * Math.sqrt(2.0 / values.length);
    return p > FALSE_ALARM && variance;
  }
}
