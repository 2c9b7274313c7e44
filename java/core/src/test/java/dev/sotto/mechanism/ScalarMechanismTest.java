package dev.sotto.mechanism;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.LaplaceEvent;
import dev.sotto.accounting.LmoEvent;
import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.noise.LmoNoise;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import org.apache.commons.math3.distribution.LaplaceDistribution;
import org.apache.commons.math3.distribution.NormalDistribution;
import org.apache.commons.math3.stat.inference.KolmogorovSmirnovTest;
import org.junit.jupiter.api.Test;

/** What a number is released with is the noise of the event. */
class ScalarMechanismTest {
  private static final double FALSE_ALARM = 1e-6;
  private static final int DRAWS = 8000;
  private static final double SENSITIVITY = 0.3;
  private static final LmoNoise LAW =
      new LmoNoise(
          new LmoNoise.Gamma(1, 2, 1),
          LmoNoise.Exponential.none(),
          new LmoNoise.Uniform(1, 1, 2),
          LmoNoise.TruncatedNormal.none());

  private static final PrivacyEvent GAUSSIAN =
      GaussianEvent.ofGroups(new double[] {SENSITIVITY}, new double[] {0.7});
  private static final PrivacyEvent LMO =
      new LmoEvent(LAW, List.of(new LmoEvent.Group(SENSITIVITY, 1, 0.5)));

  @Test
  void drawsFromTheLawOfTheEvent() {
    NormalDistribution normal = new NormalDistribution(null, 5, 0.7);
    LaplaceDistribution laplace = new LaplaceDistribution(null, 5, 0.7);
    assertDrawn(GAUSSIAN, normal::cumulativeProbability, laplace::cumulativeProbability);
    for (PrivacyEvent event :
        new PrivacyEvent[] {
          new LaplaceEvent(SENSITIVITY, 0.7),
          LmoEvent.scalar(LmoNoise.laplace(0.7), SENSITIVITY),
          new LmoEvent(LmoNoise.laplace(0.35), List.of(new LmoEvent.Group(SENSITIVITY, 1, 2)))
        }) {
      assertDrawn(event, laplace::cumulativeProbability, normal::cumulativeProbability);
    }
    assertDrawn(LMO, x -> LAW.cdf((x - 5) / 0.5), x -> LAW.cdf((x - 5) / 0.6));
  }

  /** Kolmogorov-Smirnov with a false alarm in 10^6, and another law that must not pass. */
  private static void assertDrawn(
      PrivacyEvent event, DoubleUnaryOperator law, DoubleUnaryOperator other) {
    try (Backend backend = Backends.open("cpu", 1);
        ScalarMechanism mechanism =
            new ScalarMechanism(backend, NoiseKey.seededForTests(5), 1, event)) {
      double[] drawn = new double[DRAWS];
      for (int i = 0; i < DRAWS; i++) {
        drawn[i] = mechanism.release(5, i).value();
      }
      assertTrue(level(drawn, law) > FALSE_ALARM, event.toString());
      assertTrue(level(drawn, other) < FALSE_ALARM, "negative control of " + event);
    }
  }

  private static double level(double[] drawn, DoubleUnaryOperator law) {
    double[] sorted = drawn.clone();
    Arrays.sort(sorted);
    double distance = 0;
    for (int i = 0; i < sorted.length; i++) {
      double below = law.applyAsDouble(sorted[i]);
      distance = Math.max(distance, below - (double) i / sorted.length);
      distance = Math.max(distance, (i + 1.0) / sorted.length - below);
    }
    return 1 - new KolmogorovSmirnovTest().ksSum(distance * Math.sqrt(sorted.length), 1e-12, 1000);
  }

  @Test
  void drawsAreAddressedByStepAndTensor() {
    try (Backend backend = Backends.open("cpu", 1);
        ScalarMechanism loss = new ScalarMechanism(backend, NoiseKey.seededForTests(5), 1, LMO);
        ScalarMechanism norm = new ScalarMechanism(backend, NoiseKey.seededForTests(5), 2, LMO)) {
      double first = loss.release(0, 1).value();
      assertEquals(first, loss.release(0, 1).value());
      assertNotEquals(first, loss.release(0, 2).value());
      assertNotEquals(first, norm.release(0, 1).value());
      // The same noise on another number, and none of the number's own low-order bits.
      double quantum = 0x1p-23;
      assertEquals(first, loss.release(quantum / 4, 1).value());
      assertEquals(first + 1, loss.release(1, 1).value(), 1e-6);
      // A failure would tell something about the number.
      assertEquals(first, loss.release(Double.NaN, 1).value());
      assertEquals(first, loss.release(Double.POSITIVE_INFINITY, 1).value());
      assertTrue(loss.release(1e300, 1).value() >= 0x1p26);
    }
  }

  @Test
  void refusesEventsOfAnythingButOneNumber() {
    NoiseKey key = NoiseKey.seededForTests(5);
    try (Backend backend = Backends.open("cpu", 1)) {
      for (PrivacyEvent event :
          new PrivacyEvent[] {
            LMO.repeated(2),
            LmoEvent.vector(LAW, 1, 2),
            GaussianEvent.ofGroups(new double[] {1, 1}, new double[] {1, 1})
          }) {
        assertThrows(
            IllegalArgumentException.class, () -> new ScalarMechanism(backend, key, 1, event));
      }
      for (int tensor : new int[] {0, -1, 1 << 28}) {
        assertThrows(
            IllegalArgumentException.class, () -> new ScalarMechanism(backend, key, tensor, LMO));
      }
    }
    assertEquals(2 * (1 + 0x1p-20), ScalarMechanism.charged(2));
  }
}
