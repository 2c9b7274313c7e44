package dev.sotto.control;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class QuantileControllerTest {
  @Test
  void movesAsComputedByHand() {
    try (Controller controller = Controllers.create(Interval.options("quantile", 4))) {
      assertTrue(controller.usesStatistics());
      assertArrayEquals(new double[] {1, 1, 1, 1}, controller.first().clipNorms());
      // Two steps: rate 0.4. Mean clipped shares 0.7, 0.5, 0 (from -0.2) and 1 (from 1.3).
      Observation two =
          Interval.of(1, 1, 1, 1)
              .statistics(3, 0.6, 0.4, -0.4, 1.4)
              .statistics(3, 0.8, 0.6, 0.0, 1.2)
              .observation();
      double[] norms = controller.next(two).clipNorms();
      assertArrayEquals(
          new double[] {Math.exp(0.4 * 0.2), 1, Math.exp(-0.4 * 0.5), Math.exp(0.4 * 0.5)},
          norms,
          1e-12);
      // Twenty steps: the rate is capped at 1.
      Interval twenty = Interval.of(norms);
      for (int i = 0; i < 20; i++) {
        twenty.statistics(3, 0.5, 0.5, 0.5, 0.75);
      }
      assertEquals(
          norms[3] * Math.exp(0.25), controller.next(twenty.observation()).clipNorms()[3], 1e-12);
    }
  }

  /** Units whose norms are log-normal, each pair with a median of its own. */
  private static double[] clippedShares(Random random, double[] medians, double[] clipNorms) {
    int units = 64;
    double[] shares = new double[medians.length];
    for (int k = 0; k < medians.length; k++) {
      for (int i = 0; i < units; i++) {
        if (medians[k] * Math.exp(0.5 * random.nextGaussian()) > clipNorms[k]) {
          shares[k] += 1.0 / units;
        }
      }
      shares[k] += 0.15 * random.nextGaussian();
    }
    return shares;
  }

  @Test
  void convergesToTheMedianUnderNoise() {
    double[] medians = {0.05, 1, 6};
    Random random = new Random(3);
    try (Controller controller = Controllers.create(Interval.options("quantile", 3))) {
      double[] norms = controller.first().clipNorms();
      double[] meanLog = new double[3];
      int settled = 60;
      for (int i = 0; i < 30 + settled; i++) {
        Interval interval = Interval.of(norms);
        for (int step = 0; step < 5; step++) {
          interval.statistics(3, clippedShares(random, medians, norms));
        }
        norms = controller.next(interval.observation()).clipNorms();
        for (int k = 0; k < 3 && i >= 30; k++) {
          meanLog[k] += Math.log(norms[k] / medians[k]) / settled;
        }
      }
      // One threshold jitters by about 0.08 in the logarithm, its mean over 60 by 0.02.
      assertArrayEquals(new double[3], meanLog, 0.08);
    }
  }

  @Test
  void goesOnFromItsState() {
    try (Controller one = Controllers.create(Interval.options("quantile", 2));
        Controller other = Controllers.create(Interval.options("quantile", 2))) {
      Observation seen = Interval.of(1, 1).statistics(3, 0.9, 0.2).observation();
      one.next(seen);
      other.restore(one.state());
      assertArrayEquals(one.next(seen).clipNorms(), other.next(seen).clipNorms());
    }
  }

  @Test
  void refusesObservationsItCannotRead() {
    try (Controller controller = Controllers.create(Interval.options("quantile", 2))) {
      Observation unpaid = Interval.of(1, 1).gradientNorms(1, 1).observation();
      Observation narrow = Interval.of(1).statistics(3, 0.5).observation();
      assertThrows(IllegalArgumentException.class, () -> controller.next(unpaid));
      assertThrows(IllegalArgumentException.class, () -> controller.next(narrow));
    }
  }

  @Test
  void thresholdsStayFiniteUnderAnyStatistics() {
    try (Controller controller = Controllers.create(Interval.options("quantile", 1))) {
      for (double share : new double[] {1e300, -1e300}) {
        double norm = 2;
        for (int i = 0; i < 100; i++) {
          Interval interval = Interval.of(norm);
          for (int step = 0; step < 9; step++) {
            interval.statistics(3, share);
          }
          norm = controller.next(interval.observation()).clipNorms()[0];
        }
        assertEquals(share > 0 ? 0x1p21 : 0x1p-19, norm);
      }
    }
  }
}
