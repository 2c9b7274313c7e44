package dev.sotto.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CanaryAuditTest {
  private static final double CONFIDENCE = 0.95;

  /**
   * A mechanism whose ε is known: each coin is told rightly with probability e^ε/(1+e^ε), and with
   * probability δ all coins are told.
   */
  private static CanaryAudit audit(int m, double epsilon, double delta, Random random) {
    double right = 1 / (1 + Math.exp(-epsilon));
    boolean all = random.nextDouble() < delta;
    boolean[] planted = new boolean[m];
    double[] scores = new double[m];
    for (int i = 0; i < m; i++) {
      planted[i] = random.nextBoolean();
      boolean told = all || random.nextDouble() < right;
      // Noise below the step between the answers breaks ties, as real scores would.
      scores[i] = (told == planted[i] ? 1 : 0) + random.nextDouble() / 2;
    }
    return CanaryAudit.of(scores, planted, delta, CONFIDENCE);
  }

  /**
   * At confidence 0.95 at most one bound in twenty may pass the truth. Of 400 runs that is 20 in
   * the mean; 44 or more have probability below 1e-6.
   */
  @ParameterizedTest
  @CsvSource({"100, 0, 0", "200, 0.5, 0", "200, 1, 0", "500, 2, 0", "60, 4, 0", "50, 1, 0.02"})
  void staysBelowTheTruth(int m, double epsilon, double delta) {
    Random random = new Random(4);
    int above = 0;
    for (int run = 0; run < 400; run++) {
      above += audit(m, epsilon, delta, random).epsilon() > epsilon ? 1 : 0;
    }
    assertTrue(above < 44, "bounds above the truth: " + above + " of 400");
  }

  /** A claim far below the truth is refuted: the bound must bite, not only be sound. */
  @ParameterizedTest
  @CsvSource({"1000, 4, 1e-6, 2.5", "1000, 2, 1e-6, 1.2", "200, 2, 0, 0.8", "100, 8, 1e-5, 2"})
  void refutesClaimsThatAreFarTooLow(int m, double epsilon, double delta, double refuted) {
    Random random = new Random(5);
    for (int run = 0; run < 20; run++) {
      CanaryAudit audit = audit(m, epsilon, delta, random);
      assertTrue(audit.epsilon() > refuted, audit.toString());
      assertTrue(audit.epsilon() < 2 * epsilon, audit.toString());
    }
  }

  @Test
  void theTailIsTheTheorems() {
    // 3 guesses, all right, at epsilon 0: 1/8; alpha is the greatest of 3/8, 6/16, 7/24.
    assertEquals(0.125, CanaryAudit.probability(10, 3, 3, 0, 0), 1e-15);
    assertEquals(0.125 + 2 * 10 * 0.01 * 0.375, CanaryAudit.probability(10, 3, 3, 0, 0.01), 1e-15);
    // Randomized response at epsilon log 3 is right in three of four.
    assertEquals(27.0 / 64 + 27.0 / 64, CanaryAudit.probability(10, 3, 2, Math.log(3), 0), 1e-15);
    assertEquals(1, CanaryAudit.probability(10, 3, 0, 1, 0.5), 1e-15);
  }

  @Test
  void allRightGivesTheEpsilonOfTheTail() {
    boolean[] planted = new boolean[12];
    double[] scores = new double[12];
    for (int i = 0; i < 12; i++) {
      planted[i] = i % 2 == 0;
      scores[i] = planted[i] ? 1 : 0;
    }
    CanaryAudit audit = CanaryAudit.of(scores, planted, 0, CONFIDENCE);
    // One size is tried (12; half is below the fewest), so q^12 = 0.05.
    double q = Math.pow(0.05, 1 / 12.0);
    assertEquals(Math.log(q / (1 - q)), audit.epsilon(), 1e-9);
    assertEquals(12, audit.correct());
    double[] nothing = new double[12];
    assertEquals(0, CanaryAudit.of(nothing, planted, 0, CONFIDENCE).epsilon());
    Arrays.fill(nothing, Double.NaN);
    assertEquals(0, CanaryAudit.of(nothing, planted, 0, CONFIDENCE).epsilon());
  }

  @Test
  void badNumbersAreRefused() {
    boolean[] one = {true};
    assertThrows(IllegalArgumentException.class, () -> CanaryAudit.of(new double[2], one, 0, 0.95));
    assertThrows(IllegalArgumentException.class, () -> CanaryAudit.of(new double[1], one, 1, 0.95));
    assertThrows(IllegalArgumentException.class, () -> CanaryAudit.of(new double[1], one, 0, 1));
  }
}
