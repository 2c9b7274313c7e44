package dev.sotto.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.accounting.Accountant;
import dev.sotto.noise.LmoNoise;
import dev.sotto.noise.NoiseLaw.Kind;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class NoiseSearchTest {
  private static NoiseSearchResult search(NoiseQuery query, int starts, int evaluations) {
    return NoiseSearch.run(
        query, new SearchOptions(7, starts, evaluations, 2), SearchProgress.NONE);
  }

  private static NoiseQuery query(
      long dimension, double q, long steps, double epsilon, NoiseObjective objective) {
    return query(dimension, 2, q, steps, epsilon, 1e-6, objective, 1.8);
  }

  private static NoiseQuery query(
      long dimension,
      double sensitivity,
      double q,
      long steps,
      double epsilon,
      double delta,
      NoiseObjective objective,
      double gamma) {
    return new NoiseQuery(
        new NoiseQuery.Vector(dimension, sensitivity),
        new NoiseQuery.Sampling(q, steps),
        new NoiseQuery.Target(epsilon, delta),
        objective,
        gamma);
  }

  /** How often noise stays within a bound, and what it stays within so often. */
  @Test
  void saysWhatNoiseStaysWithin() {
    NoiseQuery query = query(1, 2, 1, 1, 1, 1e-6, NoiseObjective.USEFULNESS, 1.8);
    for (NoiseCandidate candidate : search(query, 2, 40).candidates()) {
      double usefulness = candidate.coordinate().usefulness();
      assertEquals(1.8, candidate.within(usefulness), 1e-8, candidate.kind().name());
      assertTrue(candidate.within(0.99) > candidate.within(0.9));
    }
  }

  private static void assertMeetsTarget(NoiseSearchResult result) {
    NoiseQuery query = result.query();
    for (NoiseCandidate candidate : result.candidates()) {
      double epsilon = Accountant.pld().epsilonUpper(query.run(candidate.event()), query.delta());
      assertEquals(epsilon, candidate.epsilon(), candidate.kind().name());
      assertTrue(epsilon <= query.epsilon(), candidate.kind() + " costs " + epsilon);
      assertTrue(epsilon > 0.98 * query.epsilon(), candidate.kind() + " wastes " + epsilon);
    }
  }

  /**
   * With hardly any delta the largest loss is epsilon, which fixes E[exp(-v D)] for v the
   * size-biased inverse scale; E|Z| is at least E[1/v], and up to epsilon 1 the function 1/v of
   * exp(-v D) lies above its tangent, so that no mixture comes below Laplace noise.
   */
  @Test
  void findsThatLaplaceNoiseIsBestForOneNumber() {
    for (NoiseObjective objective : NoiseObjective.values()) {
      NoiseQuery query = query(1, 2, 1, 1, 1, 1e-10, objective, 1.8);
      NoiseSearchResult result = search(query, 3, 120);
      assertMeetsTarget(result);
      assertEquals(Kind.LAPLACE, result.winner().kind());
      assertEquals(2.0, result.laplace().coordinate().meanAbsolute(), 1e-3);
      assertEquals(8.0, result.laplace().coordinate().variance(), 1e-2);
      double value = result.laplace().value(objective);
      assertEquals(value, result.lmo().value(objective), 2e-3 * value, "the family's best member");
    }
  }

  /**
   * Above epsilon 2 a share of larger inverse scales pays for itself in the mean absolute value.
   */
  @Test
  void findsMixturesThatBeatLaplaceNoise() {
    NoiseSearchResult result = search(query(1, 1, 1, 6, NoiseObjective.ABSOLUTE), 2, 300);
    assertMeetsTarget(result);
    assertEquals(Kind.LMO, result.winner().kind());
    assertTrue(
        result.lmo().coordinate().meanAbsolute()
            < 0.9 * result.laplace().coordinate().meanAbsolute());
    assertTrue(Double.isFinite(result.lmo().coordinate().variance()));
  }

  @Test
  void gaussianNoiseWinsInManyDimensions() {
    NoiseSearchResult result = search(query(1000, 1, 1, 1, NoiseObjective.VARIANCE), 1, 60);
    assertMeetsTarget(result);
    assertEquals(Kind.GAUSSIAN, result.winner().kind());
    // Cramer and Rao: twice the variance in the limit, and the bound gives away a little more.
    double ratio = result.ratioToGaussian(result.laplace());
    assertTrue(ratio > 2 && ratio < 2.6, "ratio " + ratio);
    for (NoiseCandidate candidate : result.candidates()) {
      double product =
          candidate.coordinate().fisherInformation() * candidate.coordinate().variance();
      double least = candidate.kind() == Kind.GAUSSIAN ? 1 : 2;
      assertTrue(product > least - 1e-9, candidate.kind() + " " + product);
    }
  }

  @Test
  void accountsForSamplingAndManyReleases() {
    NoiseSearchResult result = search(query(1, 0.05, 20, 1, NoiseObjective.ABSOLUTE), 2, 60);
    assertMeetsTarget(result);
    assertTrue(result.ratioToGaussian(result.winner()) < 0.9);
  }

  @Test
  void dependsOnTheSeedAloneAndNotOnThreads() {
    NoiseQuery query = query(1, 1, 1, 5, NoiseObjective.ABSOLUTE);
    AtomicLong last = new AtomicLong();
    NoiseSearchResult one =
        NoiseSearch.run(query, new SearchOptions(3, 3, 80, 1), (done, total) -> last.set(done));
    assertEquals(3 * 80, last.get());
    assertEquals(one, NoiseSearch.run(query, new SearchOptions(3, 3, 80, 2), SearchProgress.NONE));
    assertNotEquals(
        one.lmo(),
        NoiseSearch.run(query, new SearchOptions(4, 3, 80, 2), SearchProgress.NONE).lmo());
  }

  @Test
  void estimatesAgreeWithTheAccountant() {
    LmoNoise law = LawShape.law(new double[] {0, -1, 0.5, 0.3});
    for (NoiseQuery query :
        new NoiseQuery[] {
          query(1, 1, 1, 1, NoiseObjective.VARIANCE),
          query(1, 0.1, 1, 1, NoiseObjective.VARIANCE),
          query(1, 1, 50, 1, NoiseObjective.VARIANCE),
          query(1, 0.1, 50, 1, NoiseObjective.VARIANCE),
          query(20, 1, 1, 1, NoiseObjective.VARIANCE),
          query(20, 0.1, 50, 1, NoiseObjective.VARIANCE)
        }) {
      double shift = QuickAccount.largestShift(QuickAccount.of(query), law, query);
      LmoNoise scaled = law.scaled(query.sensitivity() / shift);
      double epsilon = Accountant.pld().epsilonUpper(query.run(query.event(scaled)), query.delta());
      double tolerance = query.dimension() == 1 && query.steps() == 1 ? 1e-6 : 0.05;
      assertEquals(query.epsilon(), epsilon, tolerance, query.toString());
    }
  }

  @Test
  void scalarNoiseChargesTheRounding() {
    ScalarNoise noise = ScalarNoise.of(0.5, 1, 1e-6, NoiseObjective.ABSOLUTE);
    assertEquals(Kind.LAPLACE, noise.candidate().kind());
    assertEquals(0.5 * (1 + 0x1p-20), noise.result().query().sensitivity());
    assertTrue(Accountant.pld().epsilonUpper(noise.run(), 1e-6) <= 1);
    assertEquals(0.5, noise.candidate().coordinate().meanAbsolute(), 1e-3);
  }

  @Test
  void refusesWhatCannotBe() {
    NoiseQuery hopeless = query(1, 1, 1, 1, 1e-12, 1e-30, NoiseObjective.VARIANCE, 0.9);
    assertThrows(IllegalArgumentException.class, () -> search(hopeless, 1, 10));
    for (double[] bad :
        new double[][] {
          {0, 1, 1, 1, 0.1},
          {1, 0, 1, 1, 0.1},
          {1, 1, 0, 1, 0.1},
          {1, 1, 1, 0, 0.1},
          {1, 1, 1, 1, 0},
          {1, 1, 1.5, 1, 0.1},
          {1, 1, 1, 1, 1},
          {1, Double.NaN, 1, 1, 0.1}
        }) {
      assertThrows(
          IllegalArgumentException.class,
          () ->
              query((long) bad[0], bad[1], bad[2], 1, bad[3], bad[4], NoiseObjective.VARIANCE, 1));
    }
    assertThrows(IllegalArgumentException.class, () -> new SearchOptions(0, 0, 1, 1));
  }
}
