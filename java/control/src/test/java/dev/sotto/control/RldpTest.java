package dev.sotto.control;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.accounting.NoiseAllocation;
import dev.sotto.control.learn.AgentState;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The learning controllers with their real agents. */
class RldpTest {
  @TempDir Path directory;

  private static ControllerOptions options(
      String name, int pairs, boolean adaptNoise, AgentState startFrom, long seed) {
    long[] sizes = new long[pairs];
    Arrays.fill(sizes, 100);
    return new ControllerOptions(
        name,
        new ControllerOptions.Pairs(sizes, 2, null, NoiseAllocation.UNIFORM),
        adaptNoise,
        SimulatedTraining.INTERVALS,
        startFrom,
        seed);
  }

  private static Controller controller(String name, AgentState startFrom, long seed) {
    return Controllers.create(options(name, 2, false, startFrom, seed));
  }

  private static Observation after(Decision decision, int interval) {
    return Interval.plain(decision.clipNorms())
        .at(0.02 * interval, 1 - 0.02 * interval)
        .validation(4 - 0.1 * interval + 0.02 * Math.sin(interval))
        .observation();
  }

  /** Mean score of three seeds over the last third of a run, or over all of it. */
  private static double score(String name, AgentState startFrom, int from) {
    double sum = 0;
    for (int seed = 0; seed < 3; seed++) {
      try (Controller controller = controller(name, startFrom, seed)) {
        sum += SimulatedTraining.score(controller, from, 10 + seed) / 3;
      }
    }
    return sum;
  }

  @Test
  void learnsAThresholdInOneRun() {
    int lastThird = 40;
    double constant = score("constant", null, lastThird);
    double random = score("random", null, lastThird);
    double frozen = score("frozen", null, lastThird);
    double learned = score("rldp", null, lastThird);
    assertEquals(0.34, constant, 0.01);
    assertTrue(random < 0.55, "random " + random);
    assertTrue(frozen < 0.55, "frozen " + frozen);
    assertTrue(learned > 0.7, "rldp " + learned + ", random " + random);
  }

  @Test
  void aPolicyOfAnotherRunHelpsFromTheStart() {
    AgentState policy;
    try (Controller teacher = controller("rldp", null, 20)) {
      SimulatedTraining.score(teacher, 0, 20);
      policy = teacher.state().agent();
    }
    try (Controller fresh = controller("rldp", null, 21);
        Controller taught = controller("rldp", policy, 21);
        Controller frozen = controller("frozen", policy, 21)) {
      double alone = SimulatedTraining.score(fresh, 0, 21);
      double helped = SimulatedTraining.score(taught, 0, 21);
      assertTrue(helped > alone, helped + " with a policy, " + alone + " without");
      // What was learned lies in the policy, not in learning on.
      double followed = SimulatedTraining.score(frozen, 0, 21);
      assertTrue(followed > 0.6, "frozen " + followed);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"rldp", "rldp-ppo", "frozen"})
  void goesOnFromItsFileToTheBit(String name) {
    Path file = directory.resolve("controller.state");
    try (Controller one = controller(name, null, 5);
        Controller other = controller(name, null, 6)) {
      Decision decision = one.first();
      for (int i = 1; i <= 20; i++) {
        decision = one.next(after(decision, i));
      }
      one.state().save(file);
      other.restore(ControllerState.load(file));
      for (int i = 21; i <= 40; i++) {
        Observation seen = after(decision, i);
        decision = one.next(seen);
        assertArrayEquals(decision.clipNorms(), other.next(seen).clipNorms());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"frozen", "rldp"})
  void frozenKeepsItsPolicyAndRldpDoesNot(String name) {
    try (Controller controller = controller(name, null, 5)) {
      double[] before = controller.state().agent().tensors().get("actor");
      Decision decision = controller.first();
      double[] last = decision.clipNorms();
      for (int i = 1; i <= 12; i++) {
        decision = controller.next(after(decision, i));
        // It draws from its policy all the same.
        assertNotEquals(last[0], decision.clipNorms()[0]);
        last = decision.clipNorms();
      }
      double[] after = controller.state().agent().tensors().get("actor");
      assertEquals(name.equals("frozen"), Arrays.equals(before, after));
      assertTrue(before.length > 100);
    }
  }

  @Test
  void policiesOfAnotherShapeAreRefused() {
    AgentState narrow;
    try (Controller controller = controller("rldp", null, 5)) {
      narrow = controller.state().agent();
    }
    String wider =
        assertThrows(
                IllegalArgumentException.class,
                () -> Controllers.create(options("rldp", 3, false, narrow, 5)))
            .getMessage();
    // 13 and 3 are what it holds, 17 and 4 what is wanted.
    for (String part : new String[] {"13", "3 actions", "17", "4 actions"}) {
      assertTrue(wider.contains(part), wider);
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> Controllers.create(options("rldp", 2, true, narrow, 5)));
    String otherKind =
        assertThrows(
                IllegalArgumentException.class,
                () -> Controllers.create(options("rldp-ppo", 2, false, narrow, 5)))
            .getMessage();
    assertTrue(otherKind.contains(narrow.kind()), otherKind);
  }

  @Test
  void filesThatAreNoStateOfThisControllerAreRefused() {
    Path file = directory.resolve("policy.json");
    try (Controller rldp = controller("rldp", null, 5);
        Controller frozen = controller("frozen", null, 5);
        Controller constant = controller("constant", null, 5)) {
      rldp.state().agent().save(file);
      String message =
          assertThrows(IllegalArgumentException.class, () -> ControllerState.load(file))
              .getMessage();
      assertTrue(message.startsWith(file.toString()), message);
      constant.state().save(file);
      ControllerState stored = ControllerState.load(file);
      assertEquals("constant", stored.controller());
      constant.restore(stored);
      assertThrows(IllegalArgumentException.class, () -> rldp.restore(stored));
      assertThrows(IllegalArgumentException.class, () -> frozen.restore(rldp.state()));
      ControllerState bare = new ControllerState("rldp", rldp.state().values(), null);
      assertThrows(IllegalArgumentException.class, () -> rldp.restore(bare));
    }
  }

  @Test
  void noiseFactorsStayInTheirRange() {
    try (Controller controller = Controllers.create(options("rldp", 1, true, null, 5))) {
      Decision decision = controller.first();
      boolean moved = false;
      for (int i = 1; i <= 15; i++) {
        decision = controller.next(after(decision, i));
        assertTrue(decision.noiseFactor() > 0.5 && decision.noiseFactor() < 2);
        moved |= Math.abs(decision.noiseFactor() - 1) > 0.01;
      }
      assertTrue(moved);
      assertFalse(controller.skipped() > 0);
    }
  }
}
