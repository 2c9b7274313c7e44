package dev.sotto.control.learn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SacNetworksTest {
  private static final int OBSERVATION = 3;
  private static final int ACTIONS = 2;
  private static final int ROWS = 6;
  private static final SacOptions OPTIONS =
      new SacOptions(
          8, new SacOptions.Replay(ROWS, 0, 100), new SacOptions.Update(1, 0.9, 1e-3, 0.05), 0.3);

  private final SacNetworks networks =
      new SacNetworks(OBSERVATION, ACTIONS, OPTIONS, new SplittableRandom(1));
  private final double[] noise = normals(ROWS * ACTIONS, 11);

  SacNetworksTest() {
    // Away from the small first outputs, and the targets apart from the critics.
    spread(networks.actor(), 2);
    for (int c = 0; c < 2; c++) {
      spread(networks.critic(c), 3 + c);
      spread(networks.target(c), 5 + c);
    }
  }

  @AfterEach
  void free() {
    networks.close();
  }

  private static double[] normals(int count, long seed) {
    Random random = new Random(seed);
    return random.doubles(count).map(d -> random.nextGaussian()).toArray();
  }

  private static void spread(Mlp network, long seed) {
    network.assign(Arrays.stream(normals(network.size(), seed)).map(v -> 0.5 * v).toArray());
  }

  private static TransitionBatch batch(double... continues) {
    return new TransitionBatch(
        normals(ROWS * OBSERVATION, 7),
        Arrays.stream(normals(ROWS * ACTIONS, 8)).map(Math::tanh).toArray(),
        normals(ROWS, 9),
        normals(ROWS * OBSERVATION, 10),
        continues);
  }

  private static TransitionBatch batch() {
    return batch(1, 0, 1, 1, 0, 1);
  }

  private double[] inputs(double[] observations, double[] actions) {
    double[] joined = new double[observations.length + actions.length];
    int at = 0;
    for (int row = 0; row < ROWS; row++) {
      for (int i = 0; i < OBSERVATION; i++) {
        joined[at++] = observations[row * OBSERVATION + i];
      }
      for (int k = 0; k < ACTIONS; k++) {
        joined[at++] = actions[row * ACTIONS + k];
      }
    }
    return joined;
  }

  @Test
  void criticGradientsAgreeWithDifferences() {
    double[] wanted = networks.bellmanTargets(batch(), noise);
    for (int c = 0; c < 2; c++) {
      int critic = c;
      networks.criticLoss(c, batch(), wanted);
      double[] gradient = networks.critic(c).gradient();
      Differences.check(
          networks.critic(c), gradient, () -> networks.criticLoss(critic, batch(), wanted));
    }
  }

  @Test
  void actorGradientAgreesWithDifferences() {
    networks.actorLoss(batch(), noise, new double[ROWS]);
    double[] gradient = networks.actor().gradient();
    Differences.check(
        networks.actor(), gradient, () -> networks.actorLoss(batch(), noise, new double[ROWS]));
  }

  @Test
  void bellmanTargetsTakeTheSmallerTargetAndTheEntropy() {
    TransitionBatch batch = batch(1, 1, 1, 1, 1, 1);
    SquashedGaussian next =
        new SquashedGaussian(networks.actor().pass(ROWS).forward(batch.next()), noise, ACTIONS);
    double[] inputs = inputs(batch.next(), next.actions());
    double[] first = networks.target(0).pass(ROWS).forward(inputs);
    double[] second = networks.target(1).pass(ROWS).forward(inputs);
    double[] wanted = networks.bellmanTargets(batch, noise);
    boolean firstSmaller = false;
    boolean secondSmaller = false;
    for (int i = 0; i < ROWS; i++) {
      firstSmaller |= first[i] < second[i];
      secondSmaller |= second[i] < first[i];
      double value = Math.min(first[i], second[i]) - 0.3 * next.logProbabilities()[i];
      assertEquals(batch.rewards()[i] + 0.9 * value, wanted[i], 1e-12);
    }
    assertTrue(firstSmaller && secondSmaller, "the case does not tell the twins apart");
  }

  @Test
  void nothingFollowsATerminalTransition() {
    TransitionBatch batch = batch(0, 0, 0, 0, 0, 0);
    assertArrayEquals(batch.rewards(), networks.bellmanTargets(batch, noise));
  }

  @Test
  void anUpdateMovesTheTargetsByTheirRateOnly() {
    double[][] before = {networks.target(0).parameters(), networks.target(1).parameters()};
    networks.update(batch(), noise, noise);
    for (int c = 0; c < 2; c++) {
      double[] critic = networks.critic(c).parameters();
      double[] target = networks.target(c).parameters();
      for (int i = 0; i < critic.length; i++) {
        assertEquals(before[c][i] + 0.05 * (critic[i] - before[c][i]), target[i], 1e-14);
      }
    }
  }

  @Test
  void temperatureRisesWhileThePolicyIsTooSure() {
    // Log sigma near its lower bound: the entropy is far below minus the number of actions.
    assertTrue(temperatureAfterOneUpdate(-3) > 0.3);
  }

  @Test
  void temperatureFallsWhileThePolicyIsTooRandom() {
    assertTrue(temperatureAfterOneUpdate(0.4) < 0.3);
  }

  private double temperatureAfterOneUpdate(double rawLogSigma) {
    double[] actor = new double[networks.actor().size()];
    Arrays.fill(actor, actor.length - ACTIONS, actor.length, rawLogSigma);
    networks.actor().assign(actor);
    networks.update(batch(), noise, noise);
    return networks.temperature();
  }

  @Test
  void densitiesAreThoseOfTheSquashedNormal() {
    // By the change of variables on a fine grid: the density of tanh(u) integrates to 1.
    double[] outputs = {0.4, -0.3};
    double total = 0;
    double previous = Double.NaN;
    double previousDensity = Double.NaN;
    for (double eps = -7; eps <= 7; eps += 1e-3) {
      SquashedGaussian drawn = new SquashedGaussian(outputs, new double[] {eps}, 1);
      double density = Math.exp(drawn.logProbabilities()[0]);
      if (!Double.isNaN(previous)) {
        total += 0.5 * (density + previousDensity) * (drawn.actions()[0] - previous);
      }
      previous = drawn.actions()[0];
      previousDensity = density;
    }
    assertEquals(1, total, 1e-4);
  }

  @Test
  void actionsStayInsideTheirBounds() {
    SquashedGaussian drawn =
        new SquashedGaussian(new double[] {50, -50, 3, 3}, new double[] {5, -5}, 2);
    assertTrue(drawn.actions()[0] < 1 && drawn.actions()[1] > -1);
    assertNotEquals(Double.NEGATIVE_INFINITY, drawn.logProbabilities()[0]);
    assertTrue(Double.isFinite(drawn.logProbabilities()[0]));
  }
}
