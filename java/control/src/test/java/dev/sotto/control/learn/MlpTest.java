package dev.sotto.control.learn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MlpTest {
  private static final int BATCH = 5;

  private static double[] normals(int count, long seed) {
    Random random = new Random(seed);
    return random.doubles(count).map(d -> random.nextGaussian()).toArray();
  }

  private static Mlp network(Activation activation, int... widths) {
    Mlp network = new Mlp(widths, activation, new SplittableRandom(3));
    // Biases too, and a last layer that matters.
    double[] parameters = normals(network.size(), 4);
    network.assign(parameters);
    return network;
  }

  private static double weighted(double[] outputs, double[] weights) {
    double sum = 0;
    for (int i = 0; i < outputs.length; i++) {
      sum += weights[i] * outputs[i] * outputs[i] / 2;
    }
    return sum;
  }

  private static double[] gradient(double[] outputs, double[] weights) {
    double[] gradient = new double[outputs.length];
    for (int i = 0; i < outputs.length; i++) {
      gradient[i] = weights[i] * outputs[i];
    }
    return gradient;
  }

  @ParameterizedTest
  @EnumSource
  void gradientsAgreeWithDifferences(Activation activation) {
    try (Mlp network = network(activation, 3, 7, 6, 2)) {
      double[] inputs = normals(BATCH * 3, 5);
      double[] weights = normals(BATCH * 2, 6);
      Mlp.Pass pass = network.pass(BATCH);
      double[] outputGradient = gradient(pass.forward(inputs), weights);
      pass.backward(outputGradient);
      double[] byParameters = network.gradient();
      double[] byInputs = pass.inputGradient(outputGradient);
      Differences.check(network, byParameters, () -> weighted(pass.forward(inputs), weights));
      Differences.check(inputs, byInputs, () -> weighted(pass.forward(inputs), weights));
      assertArrayEquals(byParameters, network.gradient(), "the inputs' gradient touched it");
    }
  }

  @Test
  void outputsAreThoseOfTheLayersWrittenOut() {
    try (Mlp network = new Mlp(new int[] {2, 2, 1}, Activation.RELU, new SplittableRandom(1))) {
      // W1 = (1 3; 2 4) column by column, b1 = (0.5, -20), W2 = (5 6), b2 = 7.
      network.assign(new double[] {1, 2, 3, 4, 0.5, -20, 5, 6, 7});
      double[] outputs = network.pass(2).forward(new double[] {1, 1, -1, 2});
      // Hidden: relu(4.5, -14) = (4.5, 0) and relu(5.5, -14) = (5.5, 0).
      assertArrayEquals(new double[] {29.5, 34.5}, outputs, 1e-12);
    }
  }

  @Test
  void aRowDoesNotDependOnTheOthers() {
    try (Mlp network = network(Activation.TANH, 3, 8, 2)) {
      double[] inputs = normals(BATCH * 3, 7);
      double[] all = network.pass(BATCH).forward(inputs);
      double[] one = network.pass(1).forward(java.util.Arrays.copyOfRange(inputs, 6, 9));
      assertArrayEquals(java.util.Arrays.copyOfRange(all, 4, 6), one, 1e-12);
    }
  }

  @Test
  void followingMovesByTheRate() {
    try (Mlp slow = network(Activation.RELU, 2, 3, 1);
        Mlp source = new Mlp(new int[] {2, 3, 1}, Activation.RELU, new SplittableRandom(8))) {
      double[] before = slow.parameters();
      double[] wanted = source.parameters();
      slow.follow(source, 0.1);
      for (int i = 0; i < before.length; i++) {
        assertEquals(0.9 * before[i] + 0.1 * wanted[i], slow.parameters()[i], 1e-15);
      }
      slow.follow(source, 1);
      assertArrayEquals(wanted, slow.parameters(), 1e-15);
    }
  }

  @Test
  void adamTakesItsFirstStepsAsWrittenByItsAuthors() {
    Adam adam = new Adam("x", 0.1, 1);
    double[] values = {1};
    adam.update(values, new double[] {4});
    // Both corrected moments equal the gradient and its square: a step of the rate.
    assertEquals(0.9, values[0], 1e-8);
    adam.update(values, new double[] {-2});
    double first = (0.9 * 0.4 - 0.1 * 2) / (1 - 0.81);
    double second = (0.999 * 0.016 + 0.001 * 4) / (1 - 0.999 * 0.999);
    assertEquals(0.9 - 0.1 * first / Math.sqrt(second), values[0], 1e-8);
  }
}
