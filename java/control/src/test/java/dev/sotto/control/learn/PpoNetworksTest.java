package dev.sotto.control.learn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PpoNetworksTest {
  private static final int ROWS = 5;
  private static final PpoOptions OPTIONS =
      new PpoOptions(
          6,
          0.6,
          new PpoOptions.Rollout(ROWS, 0.9, 0.8),
          new PpoOptions.Update(3, 0.2, 1e-3, 0.01));

  private final PpoNetworks networks = new PpoNetworks(2, 2, OPTIONS, new SplittableRandom(1));

  PpoNetworksTest() {
    networks.actor().assign(scaled(normals(networks.actor().size(), 2), 0.5));
    networks.critic().assign(scaled(normals(networks.critic().size(), 3), 0.5));
  }

  @AfterEach
  void free() {
    networks.close();
  }

  private static double[] normals(int count, long seed) {
    Random random = new Random(seed);
    return random.doubles(count).map(d -> random.nextGaussian()).toArray();
  }

  private static double[] scaled(double[] values, double factor) {
    return Arrays.stream(values).map(v -> factor * v).toArray();
  }

  /** A path of five steps, the third terminal, the fourth cut off from the fifth. */
  private static List<Transition> path() {
    double[] points = normals(2 * (ROWS + 2), 4);
    return IntStream.range(0, ROWS)
        .mapToObj(
            i -> {
              int from = i < 4 ? i : 5;
              return new Transition(
                  Arrays.copyOfRange(points, 2 * from, 2 * from + 2),
                  new double[] {Math.tanh(0.3 * i - 0.5), Math.tanh(0.2 - 0.1 * i)},
                  0.5 * i - 1,
                  Arrays.copyOfRange(points, 2 * from + 2, 2 * from + 4),
                  i == 2);
            })
        .toList();
  }

  private static TransitionBatch batch() {
    return TransitionBatch.of(path(), new Normaliser(2));
  }

  @Test
  void policyGradientsAgreeWithDifferences() {
    double[] now = networks.logProbabilities(batch());
    // Ratios below, within and beyond the clip, with advantages of both signs.
    double[] before = {now[0] + 0.5, now[1] - 0.5, now[2] + 0.1, now[3] - 0.5, now[4] + 0.5};
    double[] advantages = {1, 1.5, -0.7, -1.1, -0.9};
    networks.policyLoss(batch(), before, advantages);
    double[] gradient = networks.actor().gradient();
    double[] sigmaGradient = networks.logSigmaGradient().clone();
    Differences.check(
        networks.actor(), gradient, () -> networks.policyLoss(batch(), before, advantages));
    Differences.check(
        networks.logSigma(), sigmaGradient, () -> networks.policyLoss(batch(), before, advantages));
  }

  @Test
  void aRatioBeyondTheClipEarnsNothingMore() {
    double[] now = networks.logProbabilities(batch());
    double[] before = scaled(new double[ROWS], 1);
    Arrays.setAll(before, i -> now[i] - 0.5);
    double[] advantages = {1, 1, 1, 1, 1};
    double entropy = networks.policyLoss(batch(), before, new double[ROWS]);
    assertEquals(-1.2, networks.policyLoss(batch(), before, advantages) - entropy, 1e-12);
    assertArrayEquals(new double[networks.actor().size()], networks.actor().gradient());
  }

  @Test
  void valueGradientAgreesWithDifferences() {
    double[] returns = normals(ROWS, 6);
    networks.valueLoss(batch(), returns);
    double[] gradient = networks.critic().gradient();
    Differences.check(networks.critic(), gradient, () -> networks.valueLoss(batch(), returns));
  }

  @Test
  void advantagesAreDiscountedSumsThatEndWhereTheEpisodeDoes() {
    TransitionBatch batch = batch();
    double[] values = networks.critic().pass(ROWS).forward(batch.observations());
    double[] next = networks.critic().pass(ROWS).forward(batch.next());
    double[] delta = new double[ROWS];
    for (int i = 0; i < ROWS; i++) {
      delta[i] = batch.rewards()[i] + (i == 2 ? 0 : 0.9 * next[i]) - values[i];
    }
    double carried = 0.9 * 0.8;
    double[] expected = {
      delta[0] + carried * (delta[1] + carried * delta[2]),
      delta[1] + carried * delta[2],
      delta[2],
      delta[3],
      delta[4]
    };
    assertArrayEquals(expected, networks.advantages(path(), batch, values), 1e-12);
    assertTrue(Math.abs(delta[4]) > 0.01, "the cut would not show");
  }
}
