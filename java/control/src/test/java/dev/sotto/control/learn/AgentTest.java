package dev.sotto.control.learn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What both agents promise: repeatability, going on where they were, and plain words for errors.
 */
class AgentTest {
  private static final int OBSERVATION = 3;
  private static final int ACTIONS = 2;

  @TempDir Path folder;

  private static Agent sac(int observations, int actions, long seed) {
    // A memory small enough to come round.
    return new SoftActorCritic(
        observations,
        actions,
        new SacOptions(
            16, new SacOptions.Replay(8, 4, 12), new SacOptions.Update(2, 0.9, 1e-3, 0.01), 0.1),
        seed);
  }

  private static Agent ppo(int observations, int actions, long seed) {
    return new ProximalPolicy(observations, actions, ppoOptions(6, 1e-3), seed);
  }

  static Stream<Arguments> agents() {
    return Stream.of(
        Arguments.of("sac", (LongFunction<Agent>) seed -> sac(OBSERVATION, ACTIONS, seed)),
        Arguments.of("ppo", (LongFunction<Agent>) seed -> ppo(OBSERVATION, ACTIONS, seed)));
  }

  /** Decisions in a process that depends on the actions, numbered so that it can be taken up. */
  private static List<double[]> play(Agent agent, int from, int to) {
    List<double[]> actions = new ArrayList<>();
    for (int step = from; step < to; step++) {
      double[] observation = observation(step);
      double[] action = agent.act(observation);
      assertTrue(Arrays.stream(action).allMatch(a -> Math.abs(a) < 1));
      actions.add(action);
      agent.learn(
          new Transition(
              observation, action, -action[0] * action[0], observation(step + 1), step % 7 == 6));
    }
    return actions;
  }

  private static double[] observation(int step) {
    return new double[] {Math.sin(step), 100 + Math.cos(3 * step), step * 1e-3};
  }

  private static void assertSame(List<double[]> expected, List<double[]> actual) {
    for (int i = 0; i < expected.size(); i++) {
      assertArrayEquals(expected.get(i), actual.get(i), "decision " + i);
    }
  }

  @ParameterizedTest
  @MethodSource("agents")
  void aSeedFixesEveryAction(String name, LongFunction<Agent> make) {
    try (Agent one = make.apply(1);
        Agent same = make.apply(1);
        Agent other = make.apply(2)) {
      List<double[]> played = play(one, 0, 25);
      assertSame(played, play(same, 0, 25));
      assertFalse(Arrays.equals(played.get(0), play(other, 0, 1).get(0)));
    }
  }

  @ParameterizedTest
  @MethodSource("agents")
  void aRestoredAgentGoesOnToTheBit(String name, LongFunction<Agent> make) {
    Path file = folder.resolve("policy.json");
    try (Agent whole = make.apply(1);
        Agent resumed = make.apply(7)) {
      play(whole, 0, 20);
      whole.state().save(file);
      List<double[]> rest = play(whole, 20, 40);
      play(resumed, 0, 3);
      resumed.restore(AgentState.load(file, whole.kind(), OBSERVATION, ACTIONS));
      assertSame(rest, play(resumed, 20, 40));
      assertArrayEquals(whole.greedy(observation(1)), resumed.greedy(observation(1)));
    }
  }

  @ParameterizedTest
  @MethodSource("agents")
  void aPolicyToStartFromBringsItsKnowledgeButNotItsDraws(String name, LongFunction<Agent> make) {
    try (Agent teacher = make.apply(1);
        Agent pupil = make.apply(2);
        Agent other = make.apply(3)) {
      play(teacher, 0, 20);
      pupil.startFrom(teacher.state());
      other.startFrom(teacher.state());
      assertArrayEquals(teacher.greedy(observation(1)), pupil.greedy(observation(1)));
      double[] action = pupil.act(observation(1));
      assertFalse(Arrays.equals(action, teacher.act(observation(1))));
      assertFalse(Arrays.equals(action, other.act(observation(1))));
    }
  }

  @ParameterizedTest
  @MethodSource("agents")
  void greedyActionsChangeNothing(String name, LongFunction<Agent> make) {
    try (Agent asked = make.apply(1);
        Agent left = make.apply(1)) {
      assertArrayEquals(asked.greedy(observation(3)), asked.greedy(observation(3)));
      assertSame(play(left, 0, 12), play(asked, 0, 12));
    }
  }

  @Test
  void aRewardThatIsNoNumberIsRefused() {
    for (double reward : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
      refused(
          "a reward must be a finite number, got " + reward,
          () -> new Transition(observation(0), new double[ACTIONS], reward, observation(1), false));
    }
    refused(
        "an observation must hold finite numbers",
        () ->
            new Transition(
                observation(0), new double[ACTIONS], 0, new double[] {0, Double.NaN, 0}, false));
    refused(
        "an action must lie in [-1, 1]",
        () -> new Transition(observation(0), new double[] {0, 2}, 0, observation(1), false));
  }

  @ParameterizedTest
  @MethodSource("agents")
  void wrongSizesAreRefused(String name, LongFunction<Agent> make) {
    try (Agent agent = make.apply(1)) {
      refused("an observation must have 3 entries, got 2", () -> agent.act(new double[2]));
      refused("an observation must have 3 entries, got 2", () -> agent.greedy(new double[2]));
      refused(
          "an action must have 2 entries, got 1",
          () -> agent.learn(new Transition(new double[3], new double[1], 0, new double[3], true)));
      refused("finite", () -> agent.act(new double[] {0, Double.NEGATIVE_INFINITY, 0}));
    }
  }

  @Test
  void aPolicyOfAnotherKindOrShapeIsRefusedByName() {
    Path file = folder.resolve("policy.json");
    try (Agent sac = sac(OBSERVATION, ACTIONS, 1);
        Agent ppo = ppo(OBSERVATION, ACTIONS, 1);
        Agent wide = sac(OBSERVATION, 5, 1);
        Agent deep = new SoftActorCritic(OBSERVATION, ACTIONS, SacOptions.defaults(), 1)) {
      sac.state().save(file);
      String message =
          refused(
              "holds a policy of kind soft-actor-critic on 3 observations and 2 actions, but a"
                  + " policy of kind proximal-policy on 3 observations and 2 actions is wanted",
              () -> AgentState.load(file, ppo.kind(), OBSERVATION, ACTIONS));
      assertTrue(message.startsWith(file + ": "), message);
      refused(
          "5 actions is wanted",
          () -> AgentState.load(file, wide.kind(), OBSERVATION, wide.actionSize()));
      refused("wanted", () -> wide.restore(sac.state()));
      refused("wanted", () -> ppo.startFrom(sac.state()));
      refused("networks of the same size", () -> deep.restore(sac.state()));
    }
  }

  @Test
  void aDamagedPolicyFileIsRefused() throws Exception {
    Path file = folder.resolve("policy.json");
    new AgentState("kind", 1, 1, Map.of("numbers", new double[] {1, 2, 3}), Map.of("count", 5L))
        .save(file);
    byte[] good = Files.readAllBytes(file);
    int at = new String(good, StandardCharsets.US_ASCII).indexOf("P/AAAA");
    byte[] changed = good.clone();
    changed[at + 3] = 'B';
    Files.write(file, changed);
    refused("damaged, its checksum does not match", () -> AgentState.load(file));
    Files.write(file, Arrays.copyOf(good, good.length / 2));
    refused("damaged, it is no JSON", () -> AgentState.load(file));
    Files.writeString(file, "{}");
    refused("no policy file", () -> AgentState.load(file));
    Files.writeString(file, "");
    refused("no policy file", () -> AgentState.load(file));
    refused("cannot be read", () -> AgentState.load(folder.resolve("absent.json")));
    Files.write(file, good);
    assertArrayEquals(new double[] {1, 2, 3}, AgentState.load(file).tensors().get("numbers"));
  }

  @Test
  void settingsOutOfRangeAreRefused() {
    refused("updates must be at least 0", () -> sacOptions(-1, 10, 0.9));
    refused("warm-up must be at least 0", () -> sacOptions(4, -1, 0.9));
    refused("discount must lie in [0.0, ", () -> sacOptions(4, 10, 1));
    refused("learning rate", () -> ppoOptions(16, Double.NaN));
    refused("horizon must be at least 2", () -> ppoOptions(1, 1e-3));
    refused("observation size", () -> sac(0, 1, 1));
  }

  private static SacOptions sacOptions(int updates, int warmUp, double discount) {
    return new SacOptions(
        64,
        new SacOptions.Replay(64, warmUp, 10_000),
        new SacOptions.Update(updates, discount, 1e-3, 0.01),
        0.1);
  }

  private static PpoOptions ppoOptions(int horizon, double learningRate) {
    return new PpoOptions(
        64,
        0.6,
        new PpoOptions.Rollout(horizon, 0.9, 0.9),
        new PpoOptions.Update(10, 0.2, learningRate, 1e-3));
  }

  private static String refused(String part, org.junit.jupiter.api.function.Executable run) {
    String message = assertThrows(IllegalArgumentException.class, run).getMessage();
    assertTrue(message.contains(part), message);
    return message;
  }
}
