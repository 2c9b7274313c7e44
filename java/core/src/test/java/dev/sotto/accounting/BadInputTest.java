package dev.sotto.accounting;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** A clear error or a correct answer, never a hang and never NaN. */
class BadInputTest {
  private static final double[] NOT_POSITIVE = {
    Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 0, -0.0, -1
  };

  private static void assertRefused(Runnable call) {
    String message = assertThrows(IllegalArgumentException.class, call::run).getMessage();
    assertTrue(!message.isBlank() && !message.contains("\n"), message);
  }

  @Test
  void eventsCheckTheirNumbers() {
    for (double bad : NOT_POSITIVE) {
      assertRefused(() -> GaussianEvent.ofMultiplier(bad));
      assertRefused(() -> new GaussianEvent.Group(1, bad));
      assertRefused(() -> new GaussianEvent.Group(bad, 1));
      assertRefused(() -> new LaplaceEvent(bad, 1));
      assertRefused(() -> new LaplaceEvent(1, bad));
      assertRefused(() -> Calibration.run(1, bad, 10));
    }
    assertRefused(() -> Calibration.run(1, 1.0000001, 10));
    assertRefused(() -> Calibration.run(1, 0.5, 0));
    assertRefused(() -> Calibration.run(1, 0.5, RepeatedEvent.MAX_COUNT + 1));
    assertRefused(() -> new GaussianEvent(List.of()));
    assertRefused(() -> GaussianEvent.ofGroups(new double[2], new double[1]));
    assertRefused(() -> GaussianEvent.ofGroups(new double[] {1e200}, new double[] {1e-200}));
    assertRefused(() -> new EpsilonBound(2, 1));
    assertRefused(() -> new EpsilonBound(0, Double.NaN));
    assertRefused(() -> Accountant.named("zcdp"));
  }

  @Test
  void deltasOutsideTheOpenIntervalAreRefused() {
    PrivacyEvent event = Calibration.run(1, 0.1, 10);
    for (double bad : new double[] {Double.NaN, 0, -1e-9, 1, 2, Double.POSITIVE_INFINITY}) {
      assertRefused(() -> Accountant.pld().epsilon(event, bad));
      assertRefused(() -> Accountant.rdp().epsilon(event, bad));
    }
    for (double bad : new double[] {Double.NaN, 1, 0.5, Double.POSITIVE_INFINITY}) {
      assertRefused(() -> new RdpAccountant().rdp(event, bad));
    }
  }

  @Test
  void unprovenEventsAreRefused() {
    PrivacyEvent gaussian = GaussianEvent.ofMultiplier(1);
    PrivacyEvent[] unproven = {
      new PoissonSampledEvent(0.1, gaussian.repeated(2)),
      new PoissonSampledEvent(0.1, new PoissonSampledEvent(0.1, gaussian)),
      new PoissonSampledEvent(0.1, ComposedEvent.of(gaussian, new LaplaceEvent(1, 1)))
    };
    for (PrivacyEvent event : unproven) {
      for (Accountant accountant : new Accountant[] {Accountant.pld(), Accountant.rdp()}) {
        PrivacyEvent hidden = ComposedEvent.of(gaussian, event);
        assertThrows(UnsupportedOperationException.class, () -> accountant.epsilon(hidden, 1e-6));
      }
    }
    PrivacyEvent many = gaussian.repeated(1_000_000).repeated(1_000_000);
    assertRefused(() -> Accountant.pld().epsilon(many, 1e-6));
  }

  @Test
  void nothingReleasedCostsNothing() {
    assertEquals(new EpsilonBound(0, 0), Accountant.pld().epsilon(ComposedEvent.of(), 1e-6));
    assertEquals(new EpsilonBound(0, 0), Accountant.rdp().epsilon(ComposedEvent.of(), 1e-6));
  }

  /** Extremes get a finite bracket in bounded time and memory. */
  @Test
  void extremesAreAnswered() {
    double[][] settings = {
      {1e-4, 0.05, 10, 1e-5},
      {0.5, 0.02, 100, 1e-5},
      {1, 1e-6, 1_000_000, 1e-5},
      {0.01, 1e-3, 10, 1e-5},
      {0.01, 1e-6, 10, 1e-5},
      {1e-4, 4, 1e9, 1e-5},
      {0.5, 1, 1e9, 1e-6},
      {1e-9, 1, 1e9, 1e-6},
      {1e-8, 0.4, 1000, 1e-15},
      {1e-3, 1e6, 1000, 1e-10},
      {0.01, 1, 1000, 1e-300},
      {1e-3, 1, 1000, 0.9},
      {1e-12, 1e9, 1, 1e-15},
    };
    for (double[] s : settings) {
      PrivacyEvent event = Calibration.run(s[1], s[0], (long) s[2]);
      EpsilonBound pld = Accountant.pld().epsilon(event, s[3]);
      double rdp = Accountant.rdp().epsilonUpper(event, s[3]);
      assertTrue(pld.upper() < Double.POSITIVE_INFINITY && rdp < Double.POSITIVE_INFINITY);
      assertTrue(pld.lower() <= rdp && pld.upper() <= rdp * (1 + 1e-6) + 1e-9, event + " " + pld);
    }
  }

  /** A billion steps are one Gaussian when nothing is sampled. */
  @Test
  void aBillionUnsampledStepsAreExact() {
    double expected = GaussianDp.epsilon(1, 1e-6);
    PrivacyEvent event = Calibration.run(Math.sqrt(1e9), 1, 1_000_000_000L);
    assertEquals(expected, Accountant.pld().epsilonUpper(event, 1e-6), 1e-9);
  }
}
