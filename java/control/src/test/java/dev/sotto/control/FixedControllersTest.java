package dev.sotto.control;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.accounting.NoiseAllocation;
import java.util.List;
import org.junit.jupiter.api.Test;

class FixedControllersTest {
  private static Decision onlyDecision(ControllerOptions options) {
    try (Controller controller = Controllers.create(options)) {
      Decision first = controller.first();
      Decision next = controller.next(Interval.plain(first.clipNorms()).observation());
      assertArrayEquals(first.clipNorms(), next.clipNorms());
      assertEquals(first.stabilizer(), next.stabilizer());
      assertFalse(controller.usesStatistics());
      assertEquals(1, next.noiseFactor());
      assertEquals(options.pairs().allocation(), next.allocation());
      return next;
    }
  }

  @Test
  void constantSharesTheClipNormEvenly() {
    Decision decision = onlyDecision(Interval.options("constant", 4));
    assertArrayEquals(new double[] {1, 1, 1, 1}, decision.clipNorms());
    assertEquals(0, decision.stabilizer());
  }

  @Test
  void autoSNormalises() {
    Decision decision = onlyDecision(Interval.options("auto-s", 4));
    assertArrayEquals(new double[] {1, 1, 1, 1}, decision.clipNorms());
    assertEquals(0.01, decision.stabilizer());
  }

  private static ControllerOptions withPublicNorms(double... norms) {
    return new ControllerOptions(
        "public-static",
        new ControllerOptions.Pairs(
            new long[] {8, 8, 8}, 2, norms, NoiseAllocation.MINIMUM_VARIANCE),
        false,
        10,
        null,
        7);
  }

  @Test
  void publicStaticFollowsPublicNormsAndKeepsTheWhole() {
    double[] norms = onlyDecision(withPublicNorms(2, 6, 3)).clipNorms();
    assertArrayEquals(new double[] {4.0 / 7, 12.0 / 7, 6.0 / 7}, norms, 1e-15);
    // At scales whose squares leave the range of a double, too.
    for (double unit : new double[] {1e-300, 1e-3, 1, 1e300}) {
      double[] scaled = onlyDecision(withPublicNorms(2 * unit, 6 * unit, 3 * unit)).clipNorms();
      assertArrayEquals(norms, scaled, 1e-14);
      assertEquals(2, Math.hypot(Math.hypot(scaled[0], scaled[1]), scaled[2]), 1e-14);
    }
  }

  @Test
  void publicStaticNeedsPublicData() {
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> Controllers.create(Interval.options("public-static", 2)))
            .getMessage();
    assertTrue(message.contains("--public-data"), message);
    for (double bad : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThrows(IllegalArgumentException.class, () -> withPublicNorms(1, bad, 1));
    }
  }

  @Test
  void stateIsOfOneControllerAlone() {
    try (Controller constant = Controllers.create(Interval.options("constant", 2));
        Controller other = Controllers.create(Interval.options("auto-s", 2));
        Controller wider = Controllers.create(Interval.options("constant", 3))) {
      constant.restore(constant.state());
      for (Controller wrong : List.of(other, wider)) {
        assertThrows(IllegalArgumentException.class, () -> wrong.restore(constant.state()));
      }
    }
  }
}
