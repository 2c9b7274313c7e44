package dev.sotto.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AttackStrengthTest {
  @Test
  void casesByHand() {
    assertEquals(1, strength(new double[] {3, 4}, new double[] {1, 2}).auc());
    assertEquals(0, strength(new double[] {1, 2}, new double[] {3, 4}).auc());
    assertEquals(0.5, strength(new double[] {7, 7}, new double[] {7, 7, 7}).auc());
    // Pairs: 2>1, 2=2 (half), 3>1, 3>2.
    assertEquals(3.5 / 4, strength(new double[] {2, 3}, new double[] {1, 2}).auc());
    assertEquals(0.5, strength(new double[] {Double.NaN, 3}, new double[] {1, 2}).auc());
    assertEquals(1, strength(new double[] {3, 4}, new double[] {1, 2}).truePositiveRate());
    // Fewer than 100 others: none of them may be taken for a member.
    assertEquals(0.5, strength(new double[] {3, 2}, new double[] {1, 2}).truePositiveRate());
  }

  @Test
  void countsEqualBruteForce() {
    Random random = new Random(1);
    for (int round = 0; round < 50; round++) {
      double[] members = random.ints(2 + random.nextInt(30), 2, 22).asDoubleStream().toArray();
      double[] others = random.ints(2 + random.nextInt(300), 0, 20).asDoubleStream().toArray();
      double wins = 0;
      for (double member : members) {
        for (double other : others) {
          wins += member > other ? 1 : member == other ? 0.5 : 0;
        }
      }
      double best = 0;
      for (double threshold = -1; threshold < 23; threshold++) {
        if (above(others, threshold) <= 0.01) {
          best = Math.max(best, above(members, threshold));
        }
      }
      AttackStrength strength = strength(members, others);
      assertEquals(wins / members.length / others.length, strength.auc(), 1e-12);
      assertEquals(best, strength.truePositiveRate(), 1e-12);
    }
  }

  private static double above(double[] scores, double threshold) {
    long count = Arrays.stream(scores).filter(score -> score > threshold).count();
    return (double) count / scores.length;
  }

  /**
   * Normal scores one standard deviation apart: the true area is Φ(1/√2). Over 400 draws the 95%
   * interval misses it 20 times in the mean; more than 46 misses have probability below 1e-6 if it
   * missed in 5%, and a nominal 95% interval at these sizes is allowed to miss in 6%.
   */
  @Test
  void theIntervalHoldsTheTrueArea() {
    Random random = new Random(2);
    double truth = 0.7602499;
    int missed = 0;
    double width = 0;
    for (int round = 0; round < 400; round++) {
      double[] members = random.doubles(80).map(u -> random.nextGaussian() + 1).toArray();
      double[] others = random.doubles(120).map(u -> random.nextGaussian()).toArray();
      AttackStrength strength = strength(members, others);
      missed += strength.aucLow() > truth || strength.aucHigh() < truth ? 1 : 0;
      width += (strength.aucHigh() - strength.aucLow()) / 400;
    }
    assertTrue(missed <= 50 && missed >= 3, "missed: " + missed);
    assertTrue(width > 0.1 && width < 0.17, "width: " + width);
  }

  @Test
  void tooFewAreRefused() {
    assertThrows(
        IllegalArgumentException.class, () -> strength(new double[] {1}, new double[] {1, 2}));
  }

  private static AttackStrength strength(double[] members, double[] others) {
    return AttackStrength.of(members, others);
  }
}
