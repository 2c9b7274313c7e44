package dev.sotto.mechanism;

import static dev.sotto.mechanism.NoiseMechanismTest.LAW;
import static dev.sotto.mechanism.NoiseMechanismTest.empty;
import static dev.sotto.mechanism.NoiseMechanismTest.gaussian;
import static dev.sotto.mechanism.NoiseMechanismTest.isNormal;
import static dev.sotto.mechanism.NoiseMechanismTest.lmo;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.clip.BatchStatistics;
import dev.sotto.clip.ClippedGradSum;
import dev.sotto.clip.Clipping;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.LoraShape;
import dev.sotto.gradient.ParameterLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a step releases beside the weights. */
class StepReleaseTest {
  private static final double LOSS_BOUND = 8;

  private Backend backend;
  private ClippedGradSum sum;
  private BatchStatistics statistics;
  private NoiseMechanism mechanism;
  private StepVectors vectors;

  @BeforeEach
  void open() {
    backend = Backends.open("cpu", 2);
    sum = empty(backend);
    statistics = new BatchStatistics(2, LOSS_BOUND);
    mechanism = new NoiseMechanism(NoiseKey.seededForTests(21));
    vectors = new StepVectors(backend, sum.parameters());
  }

  @AfterEach
  void close() {
    vectors.close();
    mechanism.close();
    sum.close();
    backend.close();
  }

  private static GaussianEvent with(GaussianEvent gradient, double sensitivity, double stddev) {
    List<GaussianEvent.Group> groups = new ArrayList<>(gradient.groups());
    groups.add(new GaussianEvent.Group(sensitivity, stddev));
    return new GaussianEvent(groups);
  }

  /**
   * Statistics of an empty batch are pure noise. Kolmogorov-Smirnov at a false-alarm rate of 1e-6
   * over 32,500 numbers, and the variance within 5 standard errors.
   */
  @Test
  void statisticsHaveTheNoiseOfTheEvent() {
    int pairs = 12;
    double stddev = 3.7;
    double multiplier = 0.25;
    ParameterLayout layout =
        ParameterLayout.ofPairs(Collections.nCopies(pairs, new LoraShape(2, 2, 1, 1f)));
    BatchStatistics many = new BatchStatistics(pairs, LOSS_BOUND);
    double[] noise = new double[2500 * (pairs + 1)];
    try (ClippedGradSum small = new ClippedGradSum(backend, layout, 1, Clipping.perPair(1, pairs));
        StepVectors few = new StepVectors(backend, small.parameters())) {
      PrivacyEvent event = with(gaussian(small, 1), many.sensitivity(), stddev);
      for (int draw = 0; draw < 2500; draw++) {
        StepStatistics released =
            mechanism
                .releaseInto(small, many, event, draw, multiplier, few.sgd(), null)
                .statistics()
                .value();
        int at = draw * (pairs + 1);
        for (int k = 0; k < pairs; k++) {
          noise[at + k] = (released.clipFractions()[k] - 0.5) / multiplier;
        }
        noise[at + pairs] = (released.loss() / LOSS_BOUND - 0.5) / multiplier;
      }
    }
    assertTrue(isNormal(noise, stddev));
    assertFalse(isNormal(noise, stddev / 2), "halved noise must be noticed");
    assertFalse(isNormal(noise, stddev * 1.05), "5% must be noticed");
  }

  /** The statistics' draws are not the gradient's, for the same draw and the same key. */
  @Test
  void statisticsRepeatNoDrawOfTheGradient() {
    PrivacyEvent event = with(gaussian(sum, 1), statistics.sensitivity(), 1);
    StepStatistics released =
        mechanism
            .releaseInto(sum, statistics, event, 5, 1, vectors.sgd(), vectors.released)
            .statistics()
            .value();
    float[] gradient = vectors.released.downloadFloats(3);
    double scale = ((GaussianEvent) event).groups().get(0).stddev();
    double[] draws = {
      released.clipFractions()[0] - 0.5,
      released.clipFractions()[1] - 0.5,
      released.loss() / LOSS_BOUND - 0.5
    };
    for (int i = 0; i < 3; i++) {
      assertTrue(Math.abs(gradient[i] / scale - draws[i]) > 1e-3, "draw " + i + " is repeated");
    }
  }

  @Test
  void normsAreOfWhatWasReleased() {
    GaussianEvent noise = gaussian(sum, 1);
    PrivacyEvent event = with(noise, statistics.sensitivity(), 2);
    StepRelease release =
        mechanism.releaseInto(sum, statistics, event, 1, 0.125, vectors.sgd(), vectors.released);
    try (StepVectors apart = new StepVectors(backend, sum.parameters())) {
      DeviceBuffer gradient = mechanism.release(sum, noise, 1, 0.125, apart.released).value();
      backend.privatePath().step(apart.sgd(), gradient);
      int d = (int) sum.parameters();
      assertArrayEquals(gradient.downloadFloats(d), vectors.released.downloadFloats(d));
      assertArrayEquals(apart.values(), vectors.values(), "statistics change nothing");
      assertNorms(gradient.downloadFloats(d), release.gradientNorms().value());
      assertNorms(apart.values()[0], release.weightNorms().value());
    }
  }

  private void assertNorms(float[] values, double[] norms) {
    assertEquals(2, norms.length);
    for (int g = 0; g < 2; g++) {
      double norm = 0;
      for (int i = 0; i < sum.size(g); i++) {
        norm = Math.hypot(norm, values[(int) sum.offset(g) + i]);
      }
      assertEquals(norm, norms[g], 1e-9 * norm);
      assertTrue(norm > 0);
    }
  }

  @Test
  void memoryIsTakenOnce() {
    PrivacyEvent event = with(gaussian(sum, 1), statistics.sensitivity(), 2);
    // The kernels' own scratch memory is then there.
    mechanism.releaseInto(sum, statistics, event, 1, 1, vectors.sgd(), vectors.released);
    long before = backend.liveBytes();
    try (NoiseMechanism own = new NoiseMechanism(NoiseKey.seededForTests(22))) {
      own.releaseInto(sum, statistics, event, 1, 1, vectors.sgd(), vectors.released);
      long allocations = backend.allocations();
      own.releaseInto(sum, statistics, event, 2, 1, vectors.sgd(), vectors.released);
      own.releaseInto(sum, null, gaussian(sum, 1), 3, 1, vectors.sgd(), vectors.released);
      assertEquals(allocations, backend.allocations());
    }
    assertEquals(before, backend.liveBytes(), "closing frees it");
  }

  @Test
  void releasesNothingMoreThanAsked() {
    StepRelease release =
        mechanism.releaseInto(sum, null, lmo(sum, LAW, 2, 5), 1, 0.125, vectors.sgd(), null);
    assertNull(release.gradientNorms());
    assertNull(release.weightNorms());
    assertNull(release.statistics());
  }

  @Test
  void refusesAnEventThatIsNotOfTheStatistics() {
    GaussianEvent noise = gaussian(sum, 1);
    double enough = statistics.sensitivity();
    refused(statistics, noise, "2 groups", "have 3");
    refused(statistics, with(noise, Math.nextDown(enough), 1), "sensitivity", "statistics");
    refused(statistics, lmo(sum, LAW, 2, 5), "LmoEvent");
    refused(null, with(noise, enough, 1), "3 groups", "has 2");
    refused(new BatchStatistics(3, 1), with(noise, 2, 1), "3 groups", "has 2");
    // Too wide for the grid: refused by the kernel, before the weights change.
    refused(statistics, with(noise, enough, 1e12));
  }

  private void refused(BatchStatistics refusedStatistics, PrivacyEvent event, String... words) {
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () ->
                    mechanism.releaseInto(
                        sum, refusedStatistics, event, 1, 1, vectors.sgd(), vectors.released))
            .getMessage();
    for (String word : words) {
      assertTrue(message.contains(word), message);
    }
    float[] untouched = new float[(int) sum.parameters()];
    assertArrayEquals(untouched, vectors.values()[0], "something was released");
    assertArrayEquals(untouched, vectors.released.downloadFloats(untouched.length));
  }

  @Test
  void statisticsNoiseTooWideForTheGridIsRefusedBeforeARunBegins() {
    List<Clipping.Group> groups =
        List.of(new Clipping.Group(0, 10, 1), new Clipping.Group(10, 10, 1));
    GaussianEvent noise =
        GaussianEvent.ofGroups(
            groups.stream().mapToDouble(Clipping.Group::sensitivity).toArray(),
            new double[] {1, 1});
    NoiseMechanism.requireDrawable(with(noise, statistics.sensitivity(), 10), groups);
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () ->
                    NoiseMechanism.requireDrawable(
                        with(noise, statistics.sensitivity(), 1e12), groups))
            .getMessage();
    assertTrue(message.contains("statistics"), message);
  }

  @Test
  void aGradientOfAnotherLengthIsRefused() {
    try (StepVectors longer = new StepVectors(backend, sum.parameters() + 1)) {
      assertThrows(
          IllegalArgumentException.class,
          () ->
              mechanism.releaseInto(
                  sum, null, gaussian(sum, 1), 1, 1, vectors.sgd(), longer.released));
    }
  }
}
