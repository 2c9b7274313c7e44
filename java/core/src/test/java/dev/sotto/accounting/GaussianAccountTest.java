package dev.sotto.accounting;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The transform account of sampled Gaussian releases, part by part and at the extremes. */
class GaussianAccountTest {
  private final Accountant pld = Accountant.pld();

  /** E[w^a - 1 - a (w - 1)] by a fine midpoint sum on the real line, real and imaginary part. */
  private static double[] direct(double z, double q, double order, double y) {
    double step = 2e-4;
    double re = 0;
    double im = 0;
    for (double x = -12; x < 12 + Math.max(order, 1) / z; x += step) {
      double t = x / z - 0.5 / z / z;
      double w1 = q * Math.expm1(t);
      double log = Math.log1p(w1);
      double density = step * NormalTail.density(x);
      double size = Math.exp(order * log);
      re += density * (size * Math.cos(y * log) - 1 - order * w1);
      im += density * (size * Math.sin(y * log) - y * w1);
    }
    return new double[] {re, im};
  }

  @Test
  void transformMatchesADirectIntegralWithinItsOwnBound() {
    double[][] settings = {{0.4, 1e-3}, {1, 0.2}, {3, 1e-4}, {30, 0.7}};
    for (double[] s : settings) {
      for (double order : new double[] {1.5, 4}) {
        SampledTransform transform =
            new SampledTransform(s[0], s[1], Double.POSITIVE_INFINITY, 1, order);
        SampledTransform adding =
            new SampledTransform(s[0], s[1], Double.POSITIVE_INFINITY, -order, 1);
        // At y = 0 nothing cancels, so this is how large the transform can be.
        double size = 1 + direct(s[0], s[1], order, 0)[0];
        for (double y : new double[] {0, 0.7, 12}) {
          double[] expected = direct(s[0], s[1], order, y);
          // The direct sum is in plain doubles: it is the less exact of the two.
          double slack = 1e-10 * size;
          transform.at(order, y);
          assertEquals(expected[0], transform.re, transform.error + slack);
          assertEquals(expected[1], transform.im, transform.error + slack);
          assertTrue(transform.error < 1e-10 * size, "a bound that says something");
          expected = direct(s[0], s[1], -order, y);
          adding.at(-order, y);
          assertEquals(expected[0], adding.re, adding.error + slack);
          assertEquals(expected[1], adding.im, adding.error + slack);
        }
      }
    }
  }

  /** How far the transform really moves, against the bound that panels rest on. */
  @Test
  void deviationCoversTheNeighbourhood() {
    Random random = new Random(5);
    for (int i = 0; i < 200; i++) {
      double z = 0.3 * Math.exp(4 * random.nextDouble());
      double q = Math.exp(-9 * random.nextDouble() - 0.1);
      double order = 1.2 + 3 * random.nextDouble();
      double y = Math.exp(8 * random.nextDouble());
      double across = 0.25 * y * random.nextDouble();
      double along = Math.min(0.9 * across, order - 1);
      SampledTransform transform =
          new SampledTransform(z, q, Double.POSITIVE_INFINITY, 0, order + along);
      transform.at(order, y);
      double re = transform.re;
      double im = transform.im;
      double bound = transform.deviation(order, y, across, along) + 2 * transform.error;
      double angle = 2 * Math.PI * random.nextDouble();
      transform.at(order + along * Math.sin(angle), y + across * Math.cos(angle));
      double moved = Math.hypot(transform.re - re, transform.im - im);
      assertTrue(moved <= bound + transform.error, z + " " + q + " " + y + " " + moved);
    }
  }

  @Test
  void splitReleasesAddUp() {
    SampledTransform transform = new SampledTransform(0.6, 1e-3, 0.05, 1, 4);
    transform.at(3, 0);
    assertEquals(0, transform.largeIm, transform.largeError);
    double small = transform.smallExcess(3);
    assertEquals(transform.re, small + transform.largeRe, 1e-9 * transform.re);
    assertTrue(transform.largeError < 1e-9 * transform.largeRe);
  }

  @Test
  void panelWeightsSumPolynomials() {
    for (int level = PanelWeights.SHORTEST; level <= 12; level++) {
      double[] weights = PanelWeights.of(level);
      int m = 1 << level;
      for (int degree : new int[] {0, 1, 2, 7, 22}) {
        double expected = 0;
        for (int k = 0; k < m; k++) {
          expected += Math.pow((2 * k + 1.0) / m - 1, degree);
        }
        double sum = 0;
        for (int i = 0; i < PanelWeights.NODES; i++) {
          sum += weights[i] * Math.pow(PanelWeights.point(i), degree);
        }
        assertEquals(expected, sum, 1e-12 * m);
      }
    }
  }

  /** Every fourth setting of a bracket that no accountant here shares, in the repository. */
  @Test
  void agreesWithAnIndependentBracketFromOneEndOfTheRangeToTheOther() throws IOException {
    List<String> rows = Files.readAllLines(Path.of("../../bench/results/accounting_truth.csv"));
    int checked = 0;
    for (int i = 1; i < rows.size(); i++) {
      String[] row = rows.get(i).split(",");
      double low = Double.parseDouble(row[4]);
      double high = Double.parseDouble(row[5]);
      if (i % 4 != 0 && !(high > 0 && high < 0.1)) {
        continue;
      }
      PrivacyEvent run =
          Calibration.run(
              Double.parseDouble(row[1]), Double.parseDouble(row[0]), Long.parseLong(row[2]));
      double upper = pld.epsilonUpper(run, Double.parseDouble(row[3]));
      assertTrue(upper >= low, rows.get(i) + ": " + upper);
      assertTrue(upper <= high + Math.max(0.005 * high, 1e-4), rows.get(i) + ": " + upper);
      checked++;
    }
    assertTrue(checked >= 40, "only " + checked + " settings were read");
  }

  /** Settings whose added losses have a tilt for which a quadrature takes very many nodes. */
  @Test
  void losslessAdditionsAreSettledByASum() {
    double[][] settings = {
      {1.95256e-7, 0.855165, 383, 1.139e-8}, {7.3325e-4, 42.2574, 2, 9.113e-9}
    };
    for (double[] s : settings) {
      PrivacyEvent run = Calibration.run(s[1], s[0], (long) s[2]);
      assertEquals(0, pld.epsilonUpper(run, s[3]), 1e-4);
    }
  }

  /** Settings at which a uniform grid of losses was up to eighty times loose. */
  @Test
  void rareLargeLossesAreTight() {
    assertBracket(3e-5, 0.5, 10_000, 1e-7, 1.333903, 1.33432883);
    assertBracket(1e-4, 0.7, 100, 1e-8, 0.147694364, 0.147742116);
    assertBracket(1e-7, 0.3, 1_000_000, 1e-7, 4.67180744, 4.67327215);
    assertBracket(1e-6, 5, 100_000, 1e-8, 0.000199651366, 0.000207651975);
    EpsilonBound bound = pld.epsilon(Calibration.run(0.7, 3e-5, 10_000), 1e-7);
    assertEquals(0.0660, bound.upper(), 5e-5);
    assertTrue(bound.width() < 1e-4, bound.toString());
  }

  /** Against a bracket of a program that shares no code. */
  private void assertBracket(
      double q, double z, long steps, double delta, double low, double high) {
    EpsilonBound bound = pld.epsilon(Calibration.run(z, q, steps), delta);
    assertTrue(bound.upper() >= low && bound.lower() <= high, bound.toString());
    assertTrue(bound.upper() <= high + Math.max(0.005 * high, 1e-4), bound.toString());
    assertTrue(bound.width() <= Math.max(1e-3 * high, 1e-4), bound.toString());
  }

  /** No slack: neither coarse nor fine steps of a parameter may turn epsilon round. */
  @Test
  void neverMovesAgainstAParameter() {
    double[][] settings = {
      {3e-5, 0.7, 10_000, 1e-7},
      {1e-3, 0.9, 300, 1e-6},
      {0.02, 1.2, 1000, 1e-5},
      {1e-6, 5, 1e5, 1e-8}
    };
    for (double[] s : settings) {
      for (double ratio : new double[] {1.04, 1 + 1e-4, 1 + 1e-7}) {
        double before = -1;
        double beforeLess = Double.POSITIVE_INFINITY;
        for (int i = 0; i < 8; i++) {
          double grown = Math.pow(ratio, i);
          double q = pld.epsilonUpper(Calibration.run(s[1], s[0] * grown, (long) s[2]), s[3]);
          assertTrue(q >= before, "q " + s[0] * grown + ": " + q + " after " + before);
          before = q;
          double z = pld.epsilonUpper(Calibration.run(s[1] * grown, s[0], (long) s[2]), s[3]);
          assertTrue(z <= beforeLess, "z " + s[1] * grown + ": " + z + " after " + beforeLess);
          beforeLess = z;
        }
      }
      double before = -1;
      for (long steps = (long) s[2]; steps < (long) s[2] + 6; steps++) {
        double here = pld.epsilonUpper(Calibration.run(s[1], s[0], steps), s[3]);
        assertTrue(here >= before, "steps " + steps + ": " + here + " after " + before);
        before = here;
      }
    }
  }

  @Test
  void neverAboveTheRenyiBound() {
    Random random = new Random(11);
    RdpAccountant rdp = new RdpAccountant();
    for (int i = 0; i < 40; i++) {
      double q = Math.pow(10, -7 * random.nextDouble());
      double z = 0.3 * Math.pow(333, random.nextDouble() * random.nextDouble());
      long steps = (long) Math.pow(10, 6 * random.nextDouble());
      double delta = Math.pow(10, -3 - 9 * random.nextDouble());
      PrivacyEvent run = Calibration.run(z, q, steps);
      double upper = pld.epsilonUpper(run, delta);
      double renyi = rdp.epsilonUpper(run, delta);
      assertTrue(upper <= renyi, q + " " + z + " " + steps + " " + delta);
    }
  }

  /** Different releases in one event, with and without sampling. */
  @Test
  void unlikeReleasesComposeAtTheExtremes() {
    PrivacyEvent loud = Calibration.run(0.7, 3e-5, 10_000);
    PrivacyEvent quiet = Calibration.run(0.8, 2e-5, 10_000);
    double less = pld.epsilonUpper(Calibration.run(0.8, 2e-5, 20_000), 1e-7);
    double more = pld.epsilonUpper(Calibration.run(0.7, 3e-5, 20_000), 1e-7);
    double mixed = pld.epsilonUpper(ComposedEvent.of(loud, quiet), 1e-7);
    assertTrue(less < mixed && mixed < more, less + " " + mixed + " " + more);
    PrivacyEvent statistic = GaussianEvent.ofMultiplier(50);
    EpsilonBound with = pld.epsilon(ComposedEvent.of(loud, statistic), 1e-7);
    assertTrue(with.lower() > pld.epsilonUpper(loud, 1e-7), with.toString());
    assertTrue(with.upper() < 0.0660 + pld.epsilonUpper(statistic, 1e-9) + 0.01, with.toString());
    assertTrue(with.width() < 1e-3 * with.upper(), with.toString());
  }

  /** Large deltas, which membership risks ask for. */
  @Test
  void largeDeltasHaveTheirEpsilon() {
    PrivacyEvent run = Calibration.run(0.5253, 1024 / 67349.0, 150);
    double before = 9;
    for (double delta : new double[] {1e-5, 1e-3, 0.05, 0.2, 0.27, 0.9}) {
      EpsilonBound bound = pld.epsilon(run, delta);
      assertTrue(bound.upper() < before || bound.upper() == 0, bound.toString());
      assertTrue(bound.width() <= Math.max(1e-3 * bound.upper(), 1e-4), bound.toString());
      before = bound.upper();
    }
    assertEquals(8.0015, pld.epsilonUpper(run, 1e-5), 8.0015 * 1e-3);
    assertEquals(0, pld.epsilonUpper(run, 0.279), 1e-4);
  }
}
