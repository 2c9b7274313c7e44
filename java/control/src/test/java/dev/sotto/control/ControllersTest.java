package dev.sotto.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.accounting.NoiseAllocation;
import dev.sotto.control.learn.AgentState;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ControllersTest {
  private static String refusal(String name, boolean adaptNoise, AgentState startFrom) {
    ControllerOptions options =
        new ControllerOptions(
            name,
            new ControllerOptions.Pairs(
                new long[] {8, 8}, 1, new double[] {1, 2}, NoiseAllocation.UNIFORM),
            adaptNoise,
            10,
            startFrom,
            7);
    return assertThrows(IllegalArgumentException.class, () -> Controllers.create(options))
        .getMessage();
  }

  @Test
  void unknownNamesAreAnsweredWithTheKnownOnes() {
    String message = refusal("sac", false, null);
    assertTrue(
        message.contains(
            "'sac': choose one of constant, quantile, auto-s, adaclip, public-static, random,"
                + " frozen, rldp, rldp-ppo"),
        message);
  }

  @Test
  void everyNameMakesAControllerOfThatName() {
    for (String name : Controllers.names()) {
      ControllerOptions options =
          new ControllerOptions(
              name,
              new ControllerOptions.Pairs(
                  new long[] {8, 8}, 1, new double[] {1, 2}, NoiseAllocation.UNIFORM),
              false,
              10,
              null,
              7);
      try (Controller controller = Controllers.create(options)) {
        assertEquals(name, controller.name());
        assertEquals(2, controller.first().clipNorms().length);
        assertEquals(name, controller.state().controller());
        assertEquals(0, controller.skipped());
      }
    }
  }

  @Test
  void onlySomeAdaptTheNoiseOrStartFromAPolicy() {
    AgentState policy = new AgentState("any", 1, 1, Map.of(), Map.of());
    for (String name : List.of("constant", "quantile", "auto-s", "adaclip", "public-static")) {
      String noise = refusal(name, true, null);
      assertTrue(noise.contains("'" + name + "'") && noise.contains("--adapt-noise"), noise);
      String start = refusal(name, false, policy);
      assertTrue(start.contains("'" + name + "'") && start.contains("--controller-from"), start);
    }
    assertTrue(refusal("random", false, policy).contains("--controller-from"));
  }

  @Test
  void optionsAreChecked() {
    for (double clipNorm : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThrows(IllegalArgumentException.class, () -> options(clipNorm, 10, 8, 8));
    }
    assertThrows(IllegalArgumentException.class, () -> options(1, 10));
    assertThrows(
        IllegalArgumentException.class,
        () ->
            new ControllerOptions.Pairs(
                new long[] {8}, 1, new double[] {1, 2}, NoiseAllocation.UNIFORM));
    assertThrows(IllegalArgumentException.class, () -> options(1, 10, 8, 0));
    assertThrows(IllegalArgumentException.class, () -> options(1, 0, 8, 8));
  }

  private static ControllerOptions options(double clipNorm, long intervals, long... sizes) {
    return new ControllerOptions(
        "constant",
        new ControllerOptions.Pairs(sizes, clipNorm, null, NoiseAllocation.UNIFORM),
        false,
        intervals,
        null,
        7);
  }

  @Test
  void decisionsAreChecked() {
    double[] fine = {1, 1};
    for (double bad : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY}) {
      double[] norms = {1, bad};
      assertThrows(
          IllegalArgumentException.class, () -> Decision.of(norms, NoiseAllocation.UNIFORM));
      assertThrows(
          IllegalArgumentException.class,
          () -> new Decision(fine, bad, NoiseAllocation.UNIFORM, 1));
      assertThrows(
          IllegalArgumentException.class,
          () -> new Decision(fine, 0, NoiseAllocation.UNIFORM, bad));
    }
    assertThrows(IllegalArgumentException.class, () -> new Decision(fine, 0, null, 1));
  }

  /**
   * With public norms, what constant clipping is for the others is clipping in their proportion.
   */
  @Test
  void publicNormsAreTheBaseOfWhoeverIsGivenThem() {
    double[] base = {1.2, 1.6};
    for (String name : Controllers.names()) {
      ControllerOptions options =
          new ControllerOptions(
              name,
              new ControllerOptions.Pairs(
                  new long[] {100, 100}, 2, new double[] {0.3, 0.4}, NoiseAllocation.UNIFORM),
              false,
              10,
              null,
              7);
      try (Controller controller = Controllers.create(options)) {
        double[] first = controller.first().clipNorms();
        for (int k = 0; k < 2; k++) {
          double ratio = first[k] / base[k];
          if (name.equals("random")) {
            assertTrue(ratio >= 0.25 - 1e-12 && ratio <= 4 + 1e-12, name + " " + ratio);
          } else {
            assertEquals(1, ratio, 1e-12, name);
          }
        }
      }
    }
  }
}
