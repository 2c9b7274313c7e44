package dev.sotto.accounting;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class TradeOffTest {
  /** T Gaussian releases: 1 - f(a) = Phi(Phi^-1(a) + sqrt(T)/z) (Dong, Roth and Su 2022). */
  @Test
  void gaussianReleasesHaveTheirClosedForm() {
    for (double[] setting : new double[][] {{5, 1}, {2, 9}, {0.7, 1}, {0.3, 1}}) {
      double mu = Math.sqrt(setting[1]) / setting[0];
      PrivacyEvent event = GaussianEvent.ofMultiplier(setting[0]).repeated((long) setting[1]);
      TradeOff tradeOff = TradeOff.of(Accountant.pld(), event);
      double advantage = 1 - 2 * NormalTail.survival(mu / 2);
      assertAbove(advantage, tradeOff.advantage());
      for (double a : new double[] {1e-4, 0.001, 0.01, 0.1, 0.5, 0.9}) {
        double low = -40;
        double high = 40;
        while (high - low > 1e-12) {
          double middle = 0.5 * (low + high);
          if (NormalTail.survival(middle) > a) {
            low = middle;
          } else {
            high = middle;
          }
        }
        double exact = NormalTail.survival(low - mu);
        assertAbove(exact, tradeOff.truePositiveRate(a));
      }
      assertEquals(tradeOff.truePositiveRate(0.25), tradeOff.picking(4));
    }
  }

  private static void assertAbove(double exact, double bound) {
    assertTrue(bound >= exact * (1 - 1e-12), bound + " must not be below " + exact);
    assertEquals(exact, bound, 2e-3 * exact);
  }

  /** Two programs that share no code with this one agree on these figures. */
  @Test
  void sampledGaussianHasTheKnownAdvantage() {
    PrivacyEvent run = Calibration.run(0.5253, 1024.0 / 67349, 150);
    assertEquals(8.0015, Accountant.pld().epsilonUpper(run, 1e-5), 0.01);
    assertEquals(0.2777, TradeOff.of(Accountant.pld(), run).advantage(), 5e-4);
  }

  /** With so little noise whoever was drawn at all is found, and no more than that: 1 - (1-q)^T. */
  @Test
  void advantageOfLittleNoiseIsTheChanceOfBeingDrawn() {
    double drawn = -Math.expm1(150 * Math.log1p(-1024.0 / 67349));
    PrivacyEvent run = Calibration.run(0.2, 1024.0 / 67349, 150);
    double advantage = TradeOff.of(Accountant.pld(), run).advantage();
    assertTrue(advantage <= drawn + 1e-4, advantage + " above " + drawn);
    assertEquals(drawn, advantage, 0.02);
  }

  @Test
  void oneGuaranteeGivesItsTwoLines() {
    double epsilon = 1.5;
    double delta = 1e-3;
    TradeOff tradeOff = TradeOff.ofGuarantee(epsilon, delta);
    double e = Math.exp(epsilon);
    assertEquals((e - 1 + 2 * delta) / (e + 1), tradeOff.advantage(), 1e-12);
    assertEquals(e * 0.01 + delta, tradeOff.truePositiveRate(0.01), 1e-12);
    assertEquals(1 - (1 - 0.5 - delta) / e, tradeOff.truePositiveRate(0.5), 1e-12);
    assertEquals(1, tradeOff.truePositiveRate(1), 1e-12);
    // The advantage is the largest gap of the curve.
    double gap = 0;
    for (double a = 0; a <= 1; a += 1e-4) {
      gap = Math.max(gap, tradeOff.truePositiveRate(a) - a);
    }
    assertEquals(tradeOff.advantage(), gap, 1e-3);
    assertEquals(1, TradeOff.ofGuarantee(Double.POSITIVE_INFINITY, 0).advantage());
    assertEquals(1, TradeOff.ofGuarantee(800, 0.5).truePositiveRate(0.01));
    assertEquals(delta, TradeOff.ofGuarantee(0, delta).advantage(), 1e-12);
  }

  @Test
  void cutTailsCostTheirTotalVariation() {
    PrivacyEvent event = GaussianEvent.ofMultiplier(2);
    TradeOff whole = TradeOff.of(Accountant.pld(), event);
    TradeOff cut = TradeOff.of(Accountant.pld(), event, new CutTails(1e-4));
    assertEquals(whole.advantage() + 2e-4, cut.advantage(), 1e-9);
    assertEquals(whole.truePositiveRate(0.0101) + 1e-4, cut.truePositiveRate(0.01), 1e-9);
  }

  /** A curve is never worse than any one point of it, by either accountant. */
  @Test
  void curveBeatsEachOfItsPoints() {
    PrivacyEvent run = Calibration.run(1.1, 0.01, 500);
    for (Accountant accountant : new Accountant[] {Accountant.pld(), Accountant.rdp()}) {
      MembershipRisk whole = MembershipRisk.of(accountant, run, new CutTails(0), 100);
      for (double delta : new double[] {1e-2, 1e-4, 1e-6}) {
        double epsilon = accountant.epsilonUpper(run, delta);
        MembershipRisk point = MembershipRisk.ofGuarantee(epsilon, delta, 100);
        assertTrue(whole.advantage() <= point.advantage() + 1e-3);
        assertTrue(whole.truePositivesAtOnePercent() <= point.truePositivesAtOnePercent() + 1e-3);
        assertTrue(whole.truePositivesAtOnePerMille() <= point.truePositivesAtOnePerMille() + 1e-3);
        assertEquals(whole.truePositivesAtOnePercent(), whole.picking());
        assertTrue(point.fromGuaranteeAlone() && !whole.fromGuaranteeAlone());
      }
    }
  }

  @Test
  void refusesWhatIsNoRate() {
    TradeOff tradeOff = TradeOff.ofGuarantee(1, 0);
    assertThrows(IllegalArgumentException.class, () -> tradeOff.truePositiveRate(-0.1));
    assertThrows(IllegalArgumentException.class, () -> tradeOff.truePositiveRate(Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> tradeOff.picking(1));
    assertThrows(IllegalArgumentException.class, () -> TradeOff.ofGuarantee(-1, 0));
    assertThrows(IllegalArgumentException.class, () -> TradeOff.ofGuarantee(1, 1));
  }
}
