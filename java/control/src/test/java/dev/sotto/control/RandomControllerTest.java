package dev.sotto.control;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.accounting.NoiseAllocation;
import org.junit.jupiter.api.Test;

class RandomControllerTest {
  private static Controller controller(long seed) {
    return Controllers.create(
        new ControllerOptions(
            "random",
            new ControllerOptions.Pairs(new long[] {8, 8, 8, 8}, 2, null, NoiseAllocation.UNIFORM),
            true,
            10,
            null,
            seed));
  }

  @Test
  void drawsTheWholeRangeAndNothingElse() {
    Observation any = Interval.of(1, 1, 1, 1).observation();
    double[] least = new double[5];
    double[] most = new double[5];
    double[] mean = new double[5];
    int draws = 2000;
    try (Controller controller = controller(7)) {
      assertFalse(controller.usesStatistics());
      for (int i = 0; i < draws; i++) {
        Decision decision = i == 0 ? controller.first() : controller.next(any);
        assertEquals(0, decision.stabilizer());
        for (int k = 0; k < 5; k++) {
          double action =
              k < 4
                  ? Math.log(decision.clipNorms()[k]) / Math.log(4)
                  : Math.log(decision.noiseFactor()) / Math.log(2);
          assertTrue(Math.abs(action) <= 1 + 1e-12, "pair " + k + ": " + action);
          least[k] = Math.min(least[k], action);
          most[k] = Math.max(most[k], action);
          mean[k] += action / draws;
        }
      }
    }
    for (int k = 0; k < 5; k++) {
      // 2000 draws all miss a fortieth of the range with probability below 1e-21.
      assertTrue(least[k] < -0.95 && most[k] > 0.95);
      // The mean's standard deviation is 0.0129: five of them, 3e-6 in all.
      assertEquals(0, mean[k], 0.065);
    }
  }

  @Test
  void seedDecides() {
    try (Controller one = controller(7);
        Controller same = controller(7);
        Controller next = controller(8)) {
      Observation any = Interval.of(1, 1, 1, 1).observation();
      double[] first = one.first().clipNorms();
      double[] second = one.next(any).clipNorms();
      assertArrayEquals(first, same.first().clipNorms());
      // Neighbouring seeds share no draw.
      double[] other = next.first().clipNorms();
      for (int k = 0; k < 4; k++) {
        assertNotEquals(second[k], other[k]);
        assertNotEquals(first[k], other[k]);
      }
    }
  }

  @Test
  void goesOnFromItsState() {
    try (Controller one = controller(7);
        Controller other = controller(7)) {
      Observation any = Interval.of(1, 1, 1, 1).observation();
      one.first();
      one.next(any);
      other.restore(one.state());
      assertArrayEquals(one.next(any).clipNorms(), other.next(any).clipNorms());
    }
  }
}
