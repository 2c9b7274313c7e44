package dev.sotto.accounting;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.apache.commons.math3.distribution.NormalDistribution;
import org.junit.jupiter.api.Test;

class PldAccountantTest {
  private final Accountant pld = Accountant.pld();

  /** Balle and Wang 2018, Theorem 8, written with another library's normal law. */
  private static double analyticDelta(double mu, double epsilon) {
    NormalDistribution normal = new NormalDistribution(0, 1);
    return normal.cumulativeProbability(mu / 2 - epsilon / mu)
        - Math.exp(epsilon) * normal.cumulativeProbability(-mu / 2 - epsilon / mu);
  }

  @Test
  void unsampledGaussianIsTheAnalyticMechanism() {
    for (double z : new double[] {0.7, 2, 30}) {
      for (long steps : new long[] {1, 50}) {
        double mu = Math.sqrt(steps) / z;
        EpsilonBound bound = pld.epsilon(Calibration.run(z, 1, steps), 1e-6);
        assertEquals(1e-6, analyticDelta(mu, bound.upper()), 1e-11);
        assertTrue(bound.width() <= 1e-8 * bound.upper() + 1e-12);
        assertEquals(GaussianDp.epsilon(mu, 1e-6), bound.upper(), 1e-9);
      }
    }
  }

  @Test
  void samplingEverythingEqualsNoSampling() {
    PrivacyEvent sampled = Calibration.run(3, 1, 40);
    PrivacyEvent plain = GaussianEvent.ofMultiplier(3).repeated(40);
    assertEquals(pld.epsilon(plain, 1e-7), pld.epsilon(sampled, 1e-7));
    // Just below 1 the general machinery runs, and must meet the closed form.
    EpsilonBound nearly = pld.epsilon(Calibration.run(3, 1 - 1e-9, 40), 1e-7);
    assertBrackets(nearly, pld.epsilonUpper(plain, 1e-7), 1e-3);
  }

  /** For one sampled step delta is q times the base delta at log(1 + (exp(epsilon) - 1) / q). */
  @Test
  void oneStepHasItsClosedForm() {
    for (double q : new double[] {1e-4, 0.01, 0.5}) {
      double upper = pld.epsilonUpper(Calibration.run(0.8, q, 1), 1e-8);
      double inner = Math.log1p(Math.expm1(upper) / q);
      assertEquals(1e-8, q * analyticDelta(1 / 0.8, inner), 1e-13);
    }
    assertEquals(0, pld.epsilonUpper(Calibration.run(4, 1e-4, 1), 1e-4));
  }

  @Test
  void pureLaplaceIsExactAndCapped() {
    EpsilonBound one = pld.epsilon(new LaplaceEvent(1, 2), 1e-6);
    assertEquals(0.5 + 2 * Math.log1p(-1e-6), one.upper(), 1e-9);
    EpsilonBound ten = pld.epsilon(new LaplaceEvent(1, 2).repeated(10), 1e-12);
    assertTrue(ten.upper() <= 5 && ten.upper() > 4.99999 && ten.lower() > 4.99);
  }

  /** Two atoms and no continuous part worth mentioning: Laplace losses composed by counting. */
  @Test
  void thousandLaplaceReleasesAgreeWithDirectComposition() {
    // Value of an independent composition with the atoms on the grid, refined until it settled.
    EpsilonBound bound = pld.epsilon(new LaplaceEvent(1, 0.5).repeated(1000), 1e-5);
    assertBrackets(bound, 1301.1726, 1e-4);
  }

  @Test
  void halvesComposeToTheWhole() {
    PrivacyEvent whole = Calibration.run(1.1, 0.02, 600);
    PrivacyEvent half = Calibration.run(1.1, 0.02, 300);
    EpsilonBound expected = pld.epsilon(whole, 1e-6);
    assertEquals(expected, pld.epsilon(ComposedEvent.of(half, half), 1e-6));
    // Groups that differ in bits but not in the multiplier are composed as distinct mechanisms.
    PrivacyEvent other =
        new PoissonSampledEvent(0.02, GaussianEvent.ofMultiplier(1.1 * (1 + 1e-12))).repeated(300);
    EpsilonBound mixed = pld.epsilon(ComposedEvent.of(half, other), 1e-6);
    assertTrue(mixed.upper() >= expected.lower() && mixed.lower() <= expected.upper());
    assertEquals(expected.upper(), mixed.upper(), 1e-3 * expected.upper());
  }

  @Test
  void mixedSchedulesLieBetweenTheirExtremes() {
    PrivacyEvent loud = Calibration.run(2, 0.01, 1000);
    PrivacyEvent quiet = Calibration.run(1, 0.01, 1000);
    PrivacyEvent mixed =
        ComposedEvent.of(Calibration.run(2, 0.01, 500), Calibration.run(1, 0.01, 500));
    EpsilonBound between = pld.epsilon(mixed, 1e-6);
    assertTrue(between.lower() > pld.epsilonUpper(loud, 1e-6));
    assertTrue(between.upper() < pld.epsilon(quiet, 1e-6).lower());
    assertTrue(between.width() < 1e-3 * between.upper());
    PrivacyEvent withStatistic = ComposedEvent.of(mixed, new LaplaceEvent(1, 20));
    EpsilonBound more = pld.epsilon(withStatistic, 1e-6);
    assertTrue(more.lower() > between.upper());
    assertTrue(more.upper() < between.upper() + 0.05 + 1e-3);
    assertTrue(more.upper() < new RdpAccountant().epsilonUpper(withStatistic, 1e-6));
  }

  /** Tiny deltas, where a plain transform would return only its rounding. */
  @Test
  void tinyDeltasStayTight() {
    double[][] settings = {{0.01, 1, 1000}, {0.001, 0.4, 10_000}, {0.5, 50, 10_000}};
    for (double[] s : settings) {
      PrivacyEvent event = Calibration.run(s[1], s[0], (long) s[2]);
      double looser = 0;
      for (double delta : new double[] {1e-12, 1e-15, 1e-60}) {
        EpsilonBound bound = pld.epsilon(event, delta);
        assertTrue(bound.width() < 2e-3 * bound.upper(), bound.toString());
        assertTrue(bound.lower() > looser);
        assertTrue(bound.upper() < new RdpAccountant().epsilonUpper(event, delta));
        looser = bound.upper();
      }
    }
  }

  /** The bracket's own ordering must agree with each parameter's effect, hence no slack. */
  @Test
  void monotoneInEveryParameter() {
    Random random = new Random(17);
    for (int i = 0; i < 250; i++) {
      double q = Math.exp(-6 * random.nextDouble());
      double z = 0.6 + Math.exp(2 * random.nextDouble() - 1);
      long steps = 2 + (long) Math.exp(7 * random.nextDouble());
      double delta = Math.exp(-5 - 18 * random.nextDouble());
      double grow = 1.02 + random.nextDouble();
      EpsilonBound base = pld.epsilon(Calibration.run(z, q, steps), delta);
      String where = "q " + q + " z " + z + " steps " + steps + " delta " + delta + " " + base;
      EpsilonBound[] smaller = {
        pld.epsilon(Calibration.run(z * grow, q, steps), delta),
        pld.epsilon(Calibration.run(z, q / grow, steps), delta),
        pld.epsilon(Calibration.run(z, q, Math.max(1, (long) (steps / grow))), delta),
        pld.epsilon(Calibration.run(z, q, steps), Math.min(0.5, delta * grow))
      };
      for (EpsilonBound bound : smaller) {
        assertTrue(bound.lower() <= base.upper(), where + " " + bound);
        assertTrue(bound.upper() <= base.upper() * 1.001 + 2e-5, where + " " + bound);
      }
      double renyi = new RdpAccountant().epsilonUpper(Calibration.run(z, q, steps), delta);
      assertTrue(base.lower() <= renyi, where);
    }
  }

  @Test
  void enormousEpsilonsAreTight() {
    PrivacyEvent event = Calibration.run(0.3165, 0.3123, 387_419);
    EpsilonBound bound = pld.epsilon(event, 7.32e-5);
    assertTrue(bound.lower() > 4.2e5 && bound.width() < 1e-3 * bound.upper(), bound.toString());
    assertEquals(bound.upper(), pld.epsilonUpper(event, 7.32e-5));
    assertTrue(bound.upper() < new RdpAccountant().epsilonUpper(event, 7.32e-5));
  }

  private static void assertBrackets(EpsilonBound bound, double value, double relative) {
    assertTrue(bound.lower() <= value && value <= bound.upper(), bound + " misses " + value);
    assertTrue(bound.width() <= relative * value, bound + " is wide for " + value);
  }

  /** Scales at which the end of the grid misses the atom of the largest loss by one rounding. */
  @Test
  void anAtomOnTheEdgeOfTheGridIsCountedOnce() {
    for (int i = 0; i < 60; i++) {
      PrivacyEvent run = new LaplaceEvent(1, 304.843716 * (1 + (i - 30) * 1e-6)).repeated(100);
      assertEquals(0.1001, new PldAccountant().epsilonUpper(run, 1e-5), 5e-4);
    }
  }
}
