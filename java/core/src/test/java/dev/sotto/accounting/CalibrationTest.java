package dev.sotto.accounting;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class CalibrationTest {

  @Test
  void noiseMeetsItsTargetAndNoMore() {
    Random random = new Random(23);
    for (int i = 0; i < 40; i++) {
      Accountant accountant = i % 4 == 0 ? Accountant.pld() : Accountant.rdp();
      double target = Math.exp(3 * random.nextDouble() - 1.5);
      double q = Math.exp(-5 * random.nextDouble() - 1);
      long steps = 1 + random.nextInt(2000);
      double z = Calibration.noiseMultiplier(accountant, target, 1e-6, q, steps);
      assertTrue(accountant.epsilonUpper(Calibration.run(z, q, steps), 1e-6) <= target);
      // PLD grids differ between neighbouring values by a small part of epsilon.
      double less = z * (1 - (i % 4 == 0 ? 3e-3 : 2 * Calibration.TOLERANCE));
      assertTrue(accountant.epsilonUpper(Calibration.run(less, q, steps), 1e-6) > target);
    }
  }

  @Test
  void stepsAreTheLastThatFit() {
    for (Accountant accountant : new Accountant[] {Accountant.rdp(), Accountant.pld()}) {
      long steps = Calibration.steps(accountant, 2, 1e-6, 0.01, 1.0);
      assertTrue(accountant.epsilonUpper(Calibration.run(1, 0.01, steps), 1e-6) <= 2);
      assertTrue(accountant.epsilonUpper(Calibration.run(1, 0.01, steps + 1), 1e-6) > 2);
    }
  }

  @Test
  void samplingRateIsTheLargestThatFits() {
    for (Accountant accountant : new Accountant[] {Accountant.rdp(), Accountant.pld()}) {
      double q = Calibration.samplingProbability(accountant, 1, 1e-6, 1.0, 500);
      assertTrue(accountant.epsilonUpper(Calibration.run(1, q, 500), 1e-6) <= 1);
      assertTrue(accountant.epsilonUpper(Calibration.run(1, q * 1.003, 500), 1e-6) > 1);
    }
    assertEquals(1, Calibration.samplingProbability(Accountant.pld(), 1, 1e-6, 1000, 5));
  }

  @Test
  void theTwoWaysAgree() {
    double z = Calibration.noiseMultiplier(Accountant.pld(), 1.5, 1e-6, 0.02, 400);
    double q = Calibration.samplingProbability(Accountant.pld(), 1.5, 1e-6, z, 400);
    assertEquals(0.02, q, 0.02 * 3e-3);
    long steps = Calibration.steps(Accountant.pld(), 1.5, 1e-6, 0.02, z);
    assertEquals(400, steps, 4);
  }

  @Test
  void unreachableTargetsSaySo() {
    assertSays("cannot be reached", () -> Calibration.steps(Accountant.rdp(), 1e-3, 1e-6, 1, 1));
    assertSays(
        "cannot be reached",
        () -> Calibration.noiseMultiplier(Accountant.rdp(), 1e-9, 1e-6, 1, 1_000_000_000L));
    assertSays(
        "not searched", () -> Calibration.noiseMultiplier(Accountant.rdp(), 1e9, 1e-6, 0.5, 1));
    assertSays(
        "target epsilon must", () -> Calibration.noiseMultiplier(Accountant.rdp(), -1, 1e-6, 1, 1));
    assertSays(
        "target epsilon must",
        () -> Calibration.noiseMultiplier(Accountant.rdp(), Double.NaN, 1e-6, 1, 1));
    assertSays("delta", () -> Calibration.noiseMultiplier(Accountant.rdp(), 1, 1, 1, 1));
    assertSays("steps", () -> Calibration.noiseMultiplier(Accountant.rdp(), 1, 1e-6, 1, 0));
    assertSays("sampling", () -> Calibration.noiseMultiplier(Accountant.rdp(), 1, 1e-6, 1.5, 9));
  }

  private static void assertSays(String part, Runnable call) {
    String message = assertThrows(IllegalArgumentException.class, call::run).getMessage();
    assertTrue(message.contains(part) && !message.contains("\n"), message);
  }
}
