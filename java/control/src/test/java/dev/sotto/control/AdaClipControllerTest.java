package dev.sotto.control;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.sotto.accounting.NoiseAllocation;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AdaClipControllerTest {
  /** Three pairs of four weights, C = 3. */
  private static Controller controller() {
    return Controllers.create(
        new ControllerOptions(
            "adaclip",
            new ControllerOptions.Pairs(
                new long[] {4, 4, 4}, 3, null, NoiseAllocation.PROPORTIONAL),
            false,
            10,
            null,
            7));
  }

  @Test
  void movesAsComputedByHand() {
    try (Controller controller = controller()) {
      assertFalse(controller.usesStatistics());
      double even = Math.sqrt(3);
      assertArrayEquals(new double[] {even, even, even}, controller.first().clipNorms(), 1e-15);
      assertEquals(NoiseAllocation.MINIMUM_VARIANCE, controller.first().allocation());
      // Equal clip norms and sizes: equal noise, whose square is at most the least one, 10.
      // Signals 0, 9 and 16; the first is raised to (4/16)² = 1/16.
      Decision second =
          controller.next(
              Interval.of(even, even, even)
                  .gradientNorms(Math.sqrt(10), Math.sqrt(19), Math.sqrt(26))
                  .observation());
      assertEquals(NoiseAllocation.MINIMUM_VARIANCE, second.allocation());
      double whole = Math.sqrt(1.0 / 16 + 9 + 16);
      double[] expected = {3 * 0.25 / whole, 3 * 3 / whole, 3 * 4 / whole};
      assertArrayEquals(expected, second.clipNorms(), 1e-12);
      // Noise squares go as C_k now (d_k equal), in units of the first pair's: 1, 12 and 16, and
      // a unit is the least of 2, 60/12 and 48/16. Signals 0, 36, 16 enter with 1 - 0.9² after
      // two steps.
      Decision third =
          controller.next(
              Interval.of(second.clipNorms())
                  .gradientNorms(Math.sqrt(1), Math.sqrt(50), Math.sqrt(28))
                  .gradientNorms(Math.sqrt(3), Math.sqrt(70), Math.sqrt(68))
                  .observation());
      double[] moments = {0, 0.81 * 9 + 0.19 * 36, 0.81 * 16 + 0.19 * 16};
      moments[0] = moments[2] / 256;
      double norm = Math.sqrt(Arrays.stream(moments).sum());
      assertArrayEquals(
          Arrays.stream(moments).map(m -> 3 * Math.sqrt(m) / norm).toArray(),
          third.clipNorms(),
          1e-12);
    }
  }

  @Test
  void findsTheSharesOfTheSignalUnderNoise() {
    double[] signal = {0.1, 0.5, 1.5};
    int[] sizes = {4, 4, 4};
    Random random = new Random(5);
    try (Controller controller = controller()) {
      double[] norms = controller.first().clipNorms();
      for (int i = 0; i < 40; i++) {
        Interval interval = Interval.of(norms);
        double[] noise = NoiseAllocation.MINIMUM_VARIANCE.stddevs(0.02, norms, sizes);
        for (int step = 0; step < 5; step++) {
          double[] released = new double[3];
          for (int k = 0; k < 3; k++) {
            for (int d = 0; d < 4; d++) {
              released[k] =
                  Math.hypot(released[k], signal[k] / 2 + noise[k] * random.nextGaussian());
            }
          }
          interval.gradientNorms(released);
        }
        norms = controller.next(interval.observation()).clipNorms();
      }
      // The last pair's signal is 15 times its noise: its share of the others is plain to see.
      assertEquals(3, norms[2] / norms[1], 0.3);
      assertEquals(3, Math.sqrt(Arrays.stream(norms).map(c -> c * c).sum()), 1e-12);
    }
  }

  @Test
  void keepsItsClipNormsWithoutASignal() {
    try (Controller controller = controller()) {
      double[] first = controller.first().clipNorms();
      assertArrayEquals(
          first,
          controller.next(Interval.of(first).gradientNorms(0, 0, 0).observation()).clipNorms());
      assertArrayEquals(first, controller.next(Interval.of(first).observation()).clipNorms());
    }
  }

  @Test
  void goesOnFromItsState() {
    try (Controller one = controller();
        Controller other = controller();
        Controller fresh = controller()) {
      fresh.restore(other.state());
      Observation seen = Interval.of(1, 1, 1).gradientNorms(1, 2, 4).observation();
      one.next(seen);
      other.restore(one.state());
      Observation later = Interval.of(1, 1, 1).gradientNorms(4, 2, 3).observation();
      assertArrayEquals(one.next(later).clipNorms(), other.next(later).clipNorms());
    }
  }
}
