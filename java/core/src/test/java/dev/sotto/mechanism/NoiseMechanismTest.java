package dev.sotto.mechanism;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.LaplaceEvent;
import dev.sotto.accounting.LmoEvent;
import dev.sotto.accounting.NoiseAllocation;
import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.clip.ClippedGradSum;
import dev.sotto.clip.Clipping;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.DrawnNoise;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.LoraShape;
import dev.sotto.compute.Noise;
import dev.sotto.gradient.ParameterLayout;
import dev.sotto.noise.LmoNoise;
import dev.sotto.noise.QuantileTable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import org.apache.commons.math3.distribution.NormalDistribution;
import org.apache.commons.math3.stat.inference.KolmogorovSmirnovTest;
import org.junit.jupiter.api.Test;

/**
 * The release of an empty sum is pure noise, so what comes out can be tested against the law that
 * was accounted for.
 */
class NoiseMechanismTest {
  private static final double FALSE_ALARM = 1e-6;
  private static final ParameterLayout LAYOUT =
      ParameterLayout.ofPairs(
          List.of(new LoraShape(3000, 2000, 8, 1f), new LoraShape(2048, 2048, 8, 1f)));
  static final LmoNoise LAW =
      new LmoNoise(
          new LmoNoise.Gamma(0.1, 1, 0.5),
          new LmoNoise.Exponential(0.1, 5),
          new LmoNoise.Uniform(0.1, 1, 2),
          LmoNoise.TruncatedNormal.none());

  static ClippedGradSum empty(Backend backend) {
    return new ClippedGradSum(backend, LAYOUT, 1, Clipping.perPair(new double[] {0.5, 2}));
  }

  static GaussianEvent gaussian(ClippedGradSum sum, double z) {
    int[] sizes = new int[sum.groups()];
    Arrays.setAll(sizes, g -> (int) sum.size(g));
    return GaussianEvent.ofGroups(
        sum.sensitivities(), NoiseAllocation.UNIFORM.stddevs(z, sum.sensitivities(), sizes));
  }

  static LmoEvent lmo(ClippedGradSum sum, LmoNoise law, double... scales) {
    List<LmoEvent.Group> groups = new ArrayList<>();
    for (int g = 0; g < scales.length; g++) {
      groups.add(new LmoEvent.Group(sum.sensitivity(g), sum.size(g), scales[g]));
    }
    return new LmoEvent(law, groups);
  }

  private static LmoEvent grouped(
      LmoNoise law, double[] sensitivities, int[] dimensions, double[] scales) {
    List<LmoEvent.Group> groups = new ArrayList<>();
    for (int k = 0; k < scales.length; k++) {
      groups.add(new LmoEvent.Group(sensitivities[k], dimensions[k], scales[k]));
    }
    return new LmoEvent(law, groups);
  }

  @Test
  void gaussianNoiseHasTheStddevOfTheEvent() {
    try (Backend backend = Backends.open("cpu", 2);
        ClippedGradSum sum = empty(backend)) {
      GaussianEvent event = gaussian(sum, 1.3);
      assertEquals(1.3, event.noiseMultiplier(), 1e-12);
      double[][] noise = release(backend, sum, event, 1);
      for (int g = 0; g < 2; g++) {
        double stddev = event.groups().get(g).stddev();
        assertTrue(isNormal(noise[g], stddev), "group " + g);
        assertFalse(isNormal(noise[g], stddev / 2), "halved noise must be noticed");
        assertFalse(isNormal(noise[g], stddev * 1.05), "5% must be noticed");
      }
    }
  }

  /** Recorded when noise and sampling got keys of their own: seed 21, draw 1, these two groups. */
  @Test
  void gaussianReleasesAreTheBitsTheyAlwaysWere() {
    try (Backend backend = Backends.open("cpu", 2);
        ClippedGradSum sum = empty(backend)) {
      double[][] noise = release(backend, sum, gaussian(sum, 1.3), 1);
      assertEquals(1.9078744649887085, noise[0][0]);
      assertEquals(-214688473, Arrays.deepHashCode(noise));
    }
  }

  @Test
  void otherNoiseHasTheLawOfTheEvent() {
    try (Backend backend = Backends.open("cpu", 2);
        ClippedGradSum sum = empty(backend)) {
      for (LmoNoise law : List.of(LAW, LmoNoise.laplace(0.7))) {
        double[] scales = {0.25, 3};
        double[][] noise = release(backend, sum, lmo(sum, law, scales), 1);
        for (int g = 0; g < 2; g++) {
          assertTrue(follows(noise[g], law.scaled(scales[g])), law + " group " + g);
          assertFalse(follows(noise[g], law.scaled(scales[g] / 2)), "halved noise must be noticed");
          assertFalse(follows(noise[g], law.scaled(scales[g] * 1.15)), "15% must be noticed");
        }
      }
    }
  }

  @Test
  void aReleaseIsTheStreamOfTheKernel() {
    try (Backend backend = Backends.open("cpu", 2);
        ClippedGradSum sum = empty(backend);
        NoiseMechanism mechanism = new NoiseMechanism(NoiseKey.seededForTests(21));
        DeviceBuffer out = backend.allocate(ElementType.F32, sum.parameters());
        DeviceBuffer expected = backend.allocate(ElementType.F32, sum.parameters())) {
      QuantileTable table = QuantileTable.of(LAW);
      double[] coefficients = table.coefficients();
      try (DeviceBuffer quantiles = backend.allocate(ElementType.F64, coefficients.length)) {
        quantiles.upload(coefficients, coefficients.length);
        DrawnNoise tabulated = DrawnNoise.lmo(quantiles, table.largest());
        for (DrawnNoise law : List.of(DrawnNoise.GAUSSIAN, DrawnNoise.LAPLACE, tabulated)) {
          PrivacyEvent event =
              switch (law.kind()) {
                case GAUSSIAN -> GaussianEvent.ofGroups(sum.sensitivities(), new double[] {2, 5});
                case LAPLACE -> lmo(sum, LmoNoise.laplace(0.5), 4, 10);
                case LMO -> lmo(sum, LAW, 2, 5);
              };
          mechanism.release(sum, event, 7, 0.125, out);
          for (int g = 0; g < 2; g++) {
            long from = sum.offset(g);
            long size = sum.size(g);
            Noise noise =
                new Noise(
                    law,
                    g == 0 ? 2 : 5,
                    sum.quantum(g),
                    new Noise.Address(NoiseKey.seededForTests(21).bytes(), 7, 0, from),
                    size,
                    sum.exactSum().value().slice(from, size),
                    0.125);
            backend.privatePath().addNoise(noise, expected.slice(from, size));
          }
          int d = (int) sum.parameters();
          assertArrayEquals(expected.downloadFloats(d), out.downloadFloats(d), law.kind().name());
        }
      }
    }
  }

  @Test
  void aTableIsMadeOncePerLaw() {
    try (Backend backend = Backends.open("cpu", 1);
        ClippedGradSum sum = empty(backend);
        DeviceBuffer out = backend.allocate(ElementType.F32, sum.parameters())) {
      long before = backend.liveBytes();
      try (NoiseMechanism mechanism = new NoiseMechanism(NoiseKey.seededForTests(21))) {
        mechanism.release(sum, lmo(sum, LAW, 2, 5), 1, 1, out);
        long allocations = backend.allocations();
        mechanism.release(sum, lmo(sum, LAW.scaled(1), 3, 6), 2, 1, out);
        assertEquals(allocations, backend.allocations(), "the same law at other scales");
        mechanism.release(sum, lmo(sum, LAW.scaled(2), 3, 6), 3, 1, out);
        assertTrue(backend.allocations() > allocations, "another law");
      }
      assertEquals(before, backend.liveBytes(), "closing frees the tables");
    }
  }

  @Test
  void refusesAnEventThatIsNotOfTheSum() {
    try (Backend backend = Backends.open("cpu", 1);
        ClippedGradSum sum = empty(backend)) {
      double[] enough = sum.sensitivities();
      double[] less = enough.clone();
      less[1] = Math.nextDown(less[1]);
      double[] noise = {1, 1};
      refused(backend, sum, GaussianEvent.ofMultiplier(100), "1 groups", "has 2");
      refused(backend, sum, GaussianEvent.ofGroups(less, noise), "sensitivity", "group 1");
      refused(backend, sum, new LaplaceEvent(100, 100), "LaplaceEvent");
      refused(backend, sum, gaussian(sum, 1).repeated(1), "RepeatedEvent");
      int[] sizes = {(int) sum.size(0), (int) sum.size(1)};
      int[] fewer = {sizes[0] - 1, sizes[1]};
      int[] one = {sizes[0]};
      refused(backend, sum, grouped(LAW, new double[] {100}, one, new double[] {1}), "1 groups");
      refused(backend, sum, grouped(LAW, less, sizes, noise), "sensitivity", "group 1");
      refused(backend, sum, grouped(LAW, enough, fewer, noise), "coordinates", "group 0");
      release(backend, sum, grouped(LAW, enough, sizes, noise), 1);
    }
  }

  private static void refused(
      Backend backend, ClippedGradSum sum, PrivacyEvent event, String... words) {
    try (NoiseMechanism mechanism = new NoiseMechanism(NoiseKey.seededForTests(21));
        DeviceBuffer out = backend.allocate(ElementType.F32, sum.parameters())) {
      out.zero();
      String message =
          assertThrows(
                  IllegalArgumentException.class, () -> mechanism.release(sum, event, 1, 1, out))
              .getMessage();
      for (String word : words) {
        assertTrue(message.contains(word), message);
      }
      for (float value : out.downloadFloats((int) sum.parameters())) {
        assertEquals(0f, value, "something was released");
      }
      try (StepVectors vectors = new StepVectors(backend, sum.parameters())) {
        assertThrows(
            IllegalArgumentException.class,
            () -> mechanism.releaseInto(sum, event, 1, 1, vectors.sgd()));
        float[] untouched = new float[(int) sum.parameters()];
        assertArrayEquals(untouched, vectors.values()[0], "something was released");
      }
    }
  }

  @Test
  void noiseTooWideForTheGridIsRefusedBeforeARunBegins() {
    List<Clipping.Group> groups = Clipping.flat(1).groups(LAYOUT);
    double[] sensitivity = {groups.get(0).sensitivity()};
    int[] size = {(int) groups.get(0).size()};
    LmoNoise heavy =
        new LmoNoise(
            new LmoNoise.Gamma(1, 0.5, 1),
            LmoNoise.Exponential.none(),
            LmoNoise.Uniform.none(),
            LmoNoise.TruncatedNormal.none());
    for (double scale : new double[] {1, 1e7}) {
      List<PrivacyEvent> events =
          List.of(
              GaussianEvent.ofGroups(sensitivity, new double[] {scale}),
              grouped(LAW, sensitivity, size, new double[] {scale}),
              grouped(LmoNoise.laplace(1), sensitivity, size, new double[] {scale}));
      for (PrivacyEvent event : events) {
        if (scale == 1) {
          NoiseMechanism.requireDrawable(event, groups);
        } else {
          assertThrows(
              IllegalArgumentException.class, () -> NoiseMechanism.requireDrawable(event, groups));
        }
      }
    }
    PrivacyEvent tail = grouped(heavy, sensitivity, size, new double[] {1});
    String message =
        assertThrows(
                IllegalArgumentException.class, () -> NoiseMechanism.requireDrawable(tail, groups))
            .getMessage();
    assertTrue(message.contains("grid") && message.contains("lighter tail"), message);
  }

  @Test
  void uniformAllocationScalesWithTheRootOfTheGroupCount() {
    List<LoraShape> pairs = new ArrayList<>();
    for (int k = 0; k < 12; k++) {
      pairs.add(new LoraShape(16, 16, 2, 1f));
    }
    double[] sensitivities =
        Clipping.perPair(1.0, 12).groups(ParameterLayout.ofPairs(pairs)).stream()
            .mapToDouble(Clipping.Group::sensitivity)
            .toArray();
    double[] naive = sensitivities.clone();
    Arrays.setAll(naive, k -> 2 * naive[k]);
    GaussianEvent event = GaussianEvent.ofGroups(sensitivities, naive);
    assertEquals(2 / Math.sqrt(12), event.noiseMultiplier(), 1e-12);
  }

  @Test
  void drawsAreFreshAndAddressed() {
    try (Backend backend = Backends.open("cpu", 2);
        ClippedGradSum sum = empty(backend)) {
      for (PrivacyEvent event :
          List.of(gaussian(sum, 1), lmo(sum, LAW, 1, 1), lmo(sum, LmoNoise.laplace(1), 1, 1))) {
        double[] first = release(backend, sum, event, 1)[0];
        assertArrayEquals(first, release(backend, sum, event, 1)[0]);
        double[] second = release(backend, sum, event, 2)[0];
        // Signs are fair coins in every law; products of signs of independent draws as well.
        double product = 0;
        for (int i = 0; i < first.length; i++) {
          product += Math.signum(first[i]) * Math.signum(second[i]);
        }
        double sigmas = product / Math.sqrt(first.length);
        assertTrue(Math.abs(sigmas) < 5, "two steps correlate at " + sigmas + " sigma");
      }
    }
  }

  private static double[][] release(
      Backend backend, ClippedGradSum sum, PrivacyEvent event, long draw) {
    try (NoiseMechanism mechanism = new NoiseMechanism(NoiseKey.seededForTests(21));
        DeviceBuffer out = backend.allocate(ElementType.F32, sum.parameters())) {
      float[] released =
          mechanism
              .release(sum, event, draw, 1, out)
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
  static boolean isNormal(double[] values, double stddev) {
    double square = 0;
    for (double v : values) {
      square += v * v;
    }
    double ratio = square / values.length / (stddev * stddev);
    boolean variance = Math.abs(ratio - 1) < 5 * Math.sqrt(2.0 / values.length);
    NormalDistribution normal = new NormalDistribution(0, stddev);
    return variance && follows(values, normal::cumulativeProbability);
  }

  private static boolean follows(double[] values, LmoNoise law) {
    return follows(values, law::cdf);
  }

  /** Kolmogorov-Smirnov at a false-alarm rate of 1e-6. */
  private static boolean follows(double[] values, DoubleUnaryOperator cdf) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    double distance = 0;
    for (int i = 0; i < sorted.length; i++) {
      double p = cdf.applyAsDouble(sorted[i]);
      distance =
          Math.max(
              distance, Math.max(p - (double) i / sorted.length, (i + 1.0) / sorted.length - p));
    }
    double root = Math.sqrt(sorted.length);
    return 1 - new KolmogorovSmirnovTest().ksSum(distance * root, 1e-12, 100_000) > FALSE_ALARM;
  }
}
