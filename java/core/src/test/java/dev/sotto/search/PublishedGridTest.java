package dev.sotto.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.accounting.Accountant;
import dev.sotto.noise.LmoNoise;
import org.junit.jupiter.api.Test;

class PublishedGridTest {
  /** The paper's public parameters for its smallest epsilon. */
  private static final LmoNoise PUBLISHED =
      new LmoNoise(
          new LmoNoise.Gamma(0.1, 1, 0.5),
          new LmoNoise.Exponential(0.1, 5),
          new LmoNoise.Uniform(0.1, 1, 2),
          LmoNoise.TruncatedNormal.none());

  private static NoiseQuery query(double epsilon, double delta, long dimension) {
    return query(dimension, epsilon, delta, NoiseObjective.USEFULNESS);
  }

  private static NoiseQuery query(
      long dimension, double epsilon, double delta, NoiseObjective objective) {
    return new NoiseQuery(
        new NoiseQuery.Vector(dimension, 1),
        NoiseQuery.Sampling.ONCE,
        new NoiseQuery.Target(epsilon, delta),
        objective,
        0.9);
  }

  @Test
  void findsThePublishedParameters() {
    // By hand: the formula's smallest value over the orders 2 to 22 below the pole, at delta 1e-10.
    double claimed = 1.3082973728621952;
    PublishedGrid.Best best = PublishedGrid.run(query(1.309, 1e-10, 1), SearchProgress.NONE);
    assertEquals(PUBLISHED, best.law());
    assertEquals(claimed, best.claim().epsilon(), 1e-9);
    assertTrue(best.claim().toString().contains("not a differential privacy guarantee"));
    assertEquals(40_824, PublishedGrid.POINTS);
    // For one number the formula is an upper bound, for a vector it is none.
    assertTrue(best.candidate().epsilon() < claimed);
    assertEquals(
        Accountant.pld().epsilonUpper(query(1, 1e-10, 1).event(PUBLISHED), 1e-10),
        best.candidate().epsilon());
    PublishedGrid.Best vector = PublishedGrid.run(query(1.309, 1e-10, 1000), SearchProgress.NONE);
    assertEquals(PUBLISHED, vector.law());
    assertTrue(vector.candidate().epsilon() > claimed);
  }

  @Test
  void servesEveryObjectiveAndRefusesTheImpossible() {
    for (NoiseObjective objective : NoiseObjective.values()) {
      NoiseQuery query = query(1, 3, 1e-10, objective);
      PublishedGrid.Best best = PublishedGrid.run(query, SearchProgress.NONE);
      assertTrue(best.claim().epsilon() < 3);
      assertTrue(Double.isFinite(best.candidate().coordinate().variance()));
    }
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> PublishedGrid.run(query(0.3, 1e-10, 1), SearchProgress.NONE));
    assertTrue(refused.getMessage().contains("epsilon below 0.3"), refused.getMessage());
  }
}
