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
import org.apache.commons.math3.analysis.integration.gauss.GaussIntegrator;
import org.apache.commons.math3.analysis.integration.gauss.GaussIntegratorFactory;
import org.junit.jupiter.api.Test;

class LmoDivergenceTest {
  private static final LmoNoise PUBLISHED =
      new LmoNoise(
          new Gamma(0.1, 2, 1),
          new Exponential(0.1, 5),
          new Uniform(0.2, 7, 8),
          TruncatedNormal.none());

  /** Light at 0 in the inverse scale: its divergence is not concave in the squared shift. */
  private static final LmoNoise SMALL_SHAPE =
      new LmoNoise(
          new Gamma(1, 0.05, 7), new Exponential(0.4, 0.8), Uniform.none(), TruncatedNormal.none());

  private static final LmoNoise WITH_NORMAL =
      new LmoNoise(
          new Gamma(0.5, 1.5, 0.3),
          Exponential.none(),
          new Uniform(1, 0, 0.2),
          new TruncatedNormal(0.7, -1, 2, 0, 6));

  /** log of the definition's integral, branch by branch, on short panels of equal ratio. */
  private static double definition(LmoNoise law, double order, double shift) {
    GaussIntegrator rule = new GaussIntegratorFactory().legendre(24);
    double first = 1e-6 * Math.min(law.analyticRadius(), shift) / order;
    double sum = 0;
    for (int branch = 0; branch < 4; branch++) {
      // Left of 0, right of D, and from either end of [0, D] to its middle.
      double end = branch < 2 ? law.absoluteQuantile(32) : shift / 2;
      double from = 0;
      for (double to = first; from < end; to = Math.min(end, 1.5 * to)) {
        for (int i = 0; i < 24; i++) {
          double r = from + 0.5 * (to - from) * (1 + rule.getPoint(i));
          double far = branch < 2 ? r + shift : shift - r;
          double x = branch % 2 == 0 ? r : far;
          double moved = branch % 2 == 0 ? far : r;
          double log = order * law.logDensity(moved) + (1 - order) * law.logDensity(x);
          sum += 0.5 * (to - from) * rule.getWeight(i) * Math.exp(log);
        }
        from = to;
      }
    }
    return Math.log(sum) / (order - 1);
  }

  @Test
  void meetsItsDefinition() {
    for (LmoNoise law : new LmoNoise[] {PUBLISHED, SMALL_SHAPE, WITH_NORMAL}) {
      for (double order : new double[] {1.1, 2, 7.5, 64, 500}) {
        for (double shift : new double[] {0.3, 1, 5}) {
          double expected = definition(law, order, shift);
          double got = LmoDivergence.renyiExact(law, order, shift);
          assertEquals(expected, got, 1e-9 * expected + 1e-11, law + " " + order + " " + shift);
        }
      }
    }
  }

  /** For Laplace noise of scale 1: log[(a e^((a-1)D) + (a-1) e^(-aD)) / (2a-1)] / (a-1). */
  @Test
  void laplaceHasAClosedForm() {
    LmoNoise law = LmoNoise.laplace(1);
    for (double order : new double[] {1.01, 2, 100, 1e6}) {
      for (double shift : new double[] {1e-3, 0.1, 1, 30, 1000}) {
        double expected = new LaplaceBase(1 / shift).renyi(order);
        double got = LmoDivergence.renyiExact(law, order, shift);
        assertEquals(expected, got, 1e-9 * expected);
        assertEquals(expected, LmoDivergence.renyiPaper(law, order, shift), 1e-9 * expected);
      }
    }
    // a D^2 / 2 (1 - D (2a-1) / 6 + ...) where the closed form has cancelled.
    for (double shift : new double[] {1e-12, 1e-9, 1e-6}) {
      double expected = shift * shift * (1 - shift / 3);
      assertEquals(expected, LmoDivergence.renyiExact(law, 2, shift), 1e-11 * expected);
    }
  }

  @Test
  void smallShiftsFollowTheFisherInformation() {
    for (LmoNoise law : new LmoNoise[] {PUBLISHED, SMALL_SHAPE, WITH_NORMAL}) {
      double fisher = law.fisherInformation();
      for (double order : new double[] {1.5, 8, 128}) {
        double shift = 1e-7 / order;
        double expected = 0.5 * order * fisher * shift * shift;
        double got = LmoDivergence.renyiExact(law, order, shift);
        assertEquals(expected, got, 1e-5 * expected);
        double ten = LmoDivergence.renyiVector(law, order, 1_000_000_000_000L, 1e-3 / order);
        assertEquals(0.5 * order * fisher * 1e-6 / order / order, ten, 1e-2 * ten);
      }
    }
  }

  @Test
  void growsWithOrderAndShiftUpToTheLargestLoss() {
    for (LmoNoise law : new LmoNoise[] {PUBLISHED, SMALL_SHAPE, WITH_NORMAL}) {
      for (double shift = 1e-6; shift < 1e4; shift *= 7) {
        double before = 0;
        for (double order : new double[] {1.0001, 1.5, 3, 50, 1e4, 1e6}) {
          double here = LmoDivergence.renyiExact(law, order, shift);
          assertTrue(here > before, "order " + order + " shift " + shift);
          assertTrue(here <= law.logDensityDrop(shift) * (1 + 1e-12));
          assertTrue(here > LmoDivergence.renyiExact(law, order, shift / 1.2));
          before = here;
        }
      }
    }
    assertEquals(0, LmoDivergence.renyiExact(PUBLISHED, 2, 0));
  }

  @Test
  void scalingTheLawIsScalingTheShift() {
    double expected = LmoDivergence.renyiVector(PUBLISHED, 9, 50, 2);
    double got = LmoDivergence.renyiVector(PUBLISHED.scaled(1e-3), 9, 50, 2e-3);
    assertEquals(expected, got, 1e-11 * expected);
  }

  /** Equal shifts on m of the d coordinates are among the shifts that the bound must cover. */
  @Test
  void withoutConcavityTheBoundCoversUnequalShifts() {
    double order = 30;
    double sensitivity = 0.5;
    assertFalse(new SquaredShift(SMALL_SHAPE, order, sensitivity).concave());
    assertTrue(new SquaredShift(PUBLISHED, order, sensitivity).concave());
    for (long dimension : new long[] {2, 10, 1000, 1_000_000}) {
      double bound = LmoDivergence.renyiVector(SMALL_SHAPE, order, dimension, sensitivity);
      double largest = 0;
      for (long m = 1; m <= dimension; m = Math.max(m + 1, Math.round(1.2 * m))) {
        double one = LmoDivergence.renyiExact(SMALL_SHAPE, order, sensitivity / Math.sqrt(m));
        largest = Math.max(largest, m * one);
      }
      assertTrue(bound >= largest, dimension + ": " + bound + " against " + largest);
      assertTrue(bound <= 1.1 * largest, dimension + ": " + bound + " against " + largest);
    }
  }

  @Test
  void withoutConcavityEqualShiftsAreNotTheWorst() {
    double all = 1000 * LmoDivergence.renyiExact(SMALL_SHAPE, 30, 0.5 / Math.sqrt(1000));
    assertTrue(LmoDivergence.renyiVector(SMALL_SHAPE, 30, 1000, 0.5) > 1.05 * all);
  }

  @Test
  void theMajorantIsAboveTheDivergenceAlsoWhereItIsConcave() {
    for (LmoNoise law : new LmoNoise[] {PUBLISHED, SMALL_SHAPE}) {
      SquaredShift squared = new SquaredShift(law, 12, 2);
      for (double x = 2; x > 1e-5; x *= 0.4) {
        double exact = LmoDivergence.renyiExact(law, 12, x);
        assertTrue(squared.majorant(x * x) >= exact, law + " at " + x);
      }
    }
  }

  /** Negative control: the formula of the paper is far below what a vector really costs. */
  @Test
  void thePaperFormulaMissesAVector() {
    LmoNoise law =
        new LmoNoise(
            Gamma.none(), Exponential.none(), new Uniform(1, 7, 8), TruncatedNormal.none());
    double paper = LmoDivergence.renyiPaper(law, 64, 1);
    assertTrue(LmoDivergence.renyiExact(law, 64, 1) <= paper * (1 + 1e-12));
    assertTrue(LmoDivergence.renyiVector(law, 64, 1000, 1) > 10 * paper);
  }

  @Test
  void thePaperFormulaBoundsOneCoordinate() {
    for (LmoNoise law : new LmoNoise[] {PUBLISHED, SMALL_SHAPE, WITH_NORMAL}) {
      for (double order : new double[] {1.5, 2, 4, 32}) {
        double paper = LmoDivergence.renyiPaper(law, order, 0.7);
        assertTrue(LmoDivergence.renyiExact(law, order, 0.7) <= paper);
      }
    }
    double pole = PUBLISHED.pole();
    assertEquals(Double.POSITIVE_INFINITY, LmoDivergence.renyiPaper(PUBLISHED, 2, pole));
    assertTrue(LmoDivergence.renyiPaper(PUBLISHED, 2, 0.999 * pole) < 100);
  }

  @Test
  void badInput() {
    message("Renyi order", () -> LmoDivergence.renyiExact(PUBLISHED, 1, 1));
    message("Renyi order", () -> LmoDivergence.renyiPaper(PUBLISHED, Double.NaN, 1));
    message("shift", () -> LmoDivergence.renyiExact(PUBLISHED, 2, -1));
    message("sensitivity", () -> LmoDivergence.renyiVector(PUBLISHED, 2, 10, Double.NaN));
    message("dimension", () -> LmoDivergence.renyiVector(PUBLISHED, 2, 0, 1));
  }

  private static void message(String word, Runnable call) {
    var error = assertThrows(IllegalArgumentException.class, call::run);
    assertTrue(error.getMessage().contains(word), error.getMessage());
  }
}
