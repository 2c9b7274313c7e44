package dev.sotto.accounting;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.noise.LmoNoise;
import dev.sotto.noise.LmoNoise.Exponential;
import dev.sotto.noise.LmoNoise.Gamma;
import dev.sotto.noise.LmoNoise.TruncatedNormal;
import dev.sotto.noise.LmoNoise.Uniform;
import org.junit.jupiter.api.Test;

class PaperAccountTest {
  private static final LmoNoise PUBLISHED =
      new LmoNoise(
          new Gamma(0.1, 2, 1),
          new Exponential(0.1, 5),
          new Uniform(0.2, 7, 8),
          TruncatedNormal.none());

  @Test
  void oneReleaseIsTheBestOrder() {
    double claim = new PaperAccount(PUBLISHED, 1).epsilon(1e-10).epsilon();
    double best = Double.POSITIVE_INFINITY;
    for (double order = 1.0005; order < 1 + PUBLISHED.pole(); order += 0.0005) {
      double rho = LmoDivergence.renyiPaper(PUBLISHED, order, 1);
      best = Math.min(best, RdpAccountant.toEpsilon(rho, order, 1e-10));
    }
    assertEquals(best, claim, 1e-6 * best);
    assertTrue(claim <= best);
  }

  /** The authors' step, and what is wrong with it: one point of a curve is not the curve. */
  @Test
  void theEquivalentGaussianHasTheSameEpsilonByTheClassicalFormula() {
    for (double delta : new double[] {1e-5, 1e-10}) {
      PaperAccount account = new PaperAccount(PUBLISHED, 0.8);
      double multiplier = account.equivalentGaussian(delta);
      double epsilon = account.epsilon(delta).epsilon();
      assertEquals(Math.sqrt(2 * Math.log(1.25 / delta)), multiplier * epsilon, 1e-12);
    }
  }

  @Test
  void theRunIsAccountedAsThatGaussian() {
    PaperAccount account = new PaperAccount(PUBLISHED, 1);
    PrivacyEvent run = Calibration.run(account.equivalentGaussian(1e-5), 0.01, 500);
    double expected = new RdpAccountant().epsilonUpper(run, 1e-5);
    assertEquals(expected, account.claimedEpsilon(0.01, 500, 1e-5).epsilon());
  }

  @Test
  void theScaleMeetsTheTarget() {
    for (double target : new double[] {0.3, 2}) {
      double scale = new PaperAccount(PUBLISHED, 1).calibratedScale(target, 1e-5, 0.01, 500);
      PaperAccount scaled = new PaperAccount(PUBLISHED.scaled(scale), 1);
      double claim = scaled.claimedEpsilon(0.01, 500, 1e-5).epsilon();
      assertTrue(claim <= target * (1 + 1e-9), "claim " + claim);
      assertTrue(claim > 0.99 * target, "claim " + claim);
    }
  }

  /** Negative control: what is claimed for a vector is far below what it proves. */
  @Test
  void theClaimIsNotAGuarantee() {
    double claim = new PaperAccount(PUBLISHED, 1).epsilon(1e-10).epsilon();
    double proven = Double.POSITIVE_INFINITY;
    for (double order = 1.5; order < 64; order *= 1.1) {
      double rho = LmoDivergence.renyiVector(PUBLISHED, order, 100_000, 1);
      proven = Math.min(proven, RdpAccountant.toEpsilon(rho, order, 1e-10));
    }
    assertTrue(proven > 2 * claim, proven + " against " + claim);
  }

  @Test
  void theClaimSaysWhatItIs() {
    PaperClaim claim = new PaperAccount(PUBLISHED, 1).claimedEpsilon(0.01, 10, 1e-5);
    assertTrue(claim.toString().contains("not a differential privacy guarantee"));
    assertFalse(Accountant.class.isAssignableFrom(PaperAccount.class));
  }

  @Test
  void badInput() {
    assertThrows(IllegalArgumentException.class, () -> new PaperAccount(PUBLISHED, 0));
    PaperAccount account = new PaperAccount(PUBLISHED, 1);
    assertThrows(IllegalArgumentException.class, () -> account.epsilon(1));
    var unreachable =
        assertThrows(
            IllegalArgumentException.class,
            () -> new PaperAccount(PUBLISHED.scaled(1e-12), 1).calibratedScale(1, 1e-5, 0.1, 10));
    assertTrue(unreachable.getMessage().contains("claimed epsilon of 1.0"));
  }
}
