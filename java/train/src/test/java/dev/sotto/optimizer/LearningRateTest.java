package dev.sotto.optimizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.optimizer.LearningRate.Decay;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LearningRateTest {
  @ParameterizedTest
  @EnumSource(Decay.class)
  void warmsUpInAStraightLineToThePeakAndNeverPassesIt(Decay decay) {
    LearningRate rate = new LearningRate(0.4, 8, 40, decay);
    for (int step = 1; step <= 8; step++) {
      assertEquals(0.4 * step / 8, rate.at(step), 1e-7);
    }
    assertEquals(0.4, rate.at(9), 1e-7);
    for (int step = 10; step <= 60; step++) {
      assertTrue(rate.at(step) <= rate.at(step - 1), "step " + step);
      assertTrue(rate.at(step) >= 0, "step " + step);
    }
  }

  @Test
  void shapes() {
    assertEquals(0.2f, new LearningRate(0.2, 0, 10, Decay.CONSTANT).at(10));
    LearningRate linear = new LearningRate(0.2, 0, 10, Decay.LINEAR);
    LearningRate cosine = new LearningRate(0.2, 0, 10, Decay.COSINE);
    for (int step = 1; step <= 10; step++) {
      double progress = (step - 1) / 10.0;
      assertEquals(0.2 * (1 - progress), linear.at(step), 1e-7);
      assertEquals(0.1 * (1 + Math.cos(Math.PI * progress)), cosine.at(step), 1e-7);
      assertTrue(linear.at(step) > 0 && cosine.at(step) > 0, "every planned step moves");
    }
    assertEquals(
        0.05f, new LearningRate(0.1, 10, 4, Decay.LINEAR).at(5), "warm-up longer than the run");
  }

  @Test
  void refusesBadValues() {
    for (double peak : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThrows(
          IllegalArgumentException.class, () -> new LearningRate(peak, 0, 1, Decay.CONSTANT));
    }
    assertThrows(IllegalArgumentException.class, () -> new LearningRate(1, -1, 1, Decay.CONSTANT));
    assertThrows(IllegalArgumentException.class, () -> new LearningRate(1, 0, -1, Decay.CONSTANT));
  }
}
