package dev.sotto.accounting;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.noise.LmoNoise;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The parts of the numerical composition, each against something simpler. */
class LossMachineryTest {

  @Test
  void normalTailMatchesKnownValues() {
    // 30-digit values of erfc(x / sqrt 2) / 2.
    assertEquals(0.158655253931457051414767454368, NormalTail.survival(1), 1e-16);
    assertEquals(0.841344746068542948585232545632, NormalTail.survival(-1), 1e-15);
    assertEquals(7.61985302416052606597337140e-24, NormalTail.survival(10), 1e-37);
    assertEquals(0.0786496035251425722, NormalTail.survival(1.4142135623730951), 1e-16);
    assertEquals(-53.23128515051247, NormalTail.logSurvival(10), 1e-12);
    assertEquals(-1.1285e5, NormalTail.logSurvival(475), 1e2);
  }

  @Test
  void transformMatchesTheSumItStandsFor() {
    Random random = new Random(3);
    int n = 64;
    double[] re = random.doubles(n).toArray();
    double[] im = random.doubles(n).toArray();
    double[] outRe = re.clone();
    double[] outIm = im.clone();
    FourierTransform transform = new FourierTransform(n);
    transform.forward(outRe, outIm);
    for (int k = 0; k < n; k++) {
      double sumRe = 0;
      double sumIm = 0;
      for (int j = 0; j < n; j++) {
        double angle = -2 * Math.PI * j * k / n;
        sumRe += re[j] * Math.cos(angle) - im[j] * Math.sin(angle);
        sumIm += re[j] * Math.sin(angle) + im[j] * Math.cos(angle);
      }
      assertEquals(sumRe, outRe[k], 1e-12);
      assertEquals(sumIm, outIm[k], 1e-12);
    }
    transform.inverse(outRe, outIm);
    for (int k = 0; k < n; k++) {
      assertEquals(re[k], outRe[k], 1e-14);
      assertEquals(im[k], outIm[k], 1e-14);
    }
  }

  @Test
  void convolutionMatchesDirectSumsWithinItsOwnBound() {
    double[] a = {0.2, 0.7, 0.1};
    double[] b = {0.0, 1e-9, 1 - 1e-9};
    PairConvolution sum = new PairConvolution(new FourierTransform(64));
    sum.add(-1, a, 3, b, 5);
    sum.add(0, b, -2, a, 2);
    sum.finish();
    double[] first = power(a, 5, power(b, 2, new double[] {1}));
    double[] second = power(b, 5, power(a, 2, new double[] {1}));
    assertSame(first, -5, sum.first(), sum.firstShift(), sum.firstError());
    assertSame(second, 15 - 4, sum.second(), sum.secondShift(), sum.secondError());
    assertTrue(sum.firstError().entry() < 1e-12);
  }

  private static double[] power(double[] values, int times, double[] start) {
    double[] result = start;
    for (int t = 0; t < times; t++) {
      double[] next = new double[result.length + values.length - 1];
      for (int i = 0; i < result.length; i++) {
        for (int j = 0; j < values.length; j++) {
          next[i + j] += result[i] * values[j];
        }
      }
      result = next;
    }
    return result;
  }

  private static void assertSame(
      double[] direct, int low, double[] found, long shift, PairConvolution.Rounding rounding) {
    double norm = 0;
    for (int i = 0; i < direct.length; i++) {
      double other = found[(int) ((low + i - shift) & (found.length - 1))];
      // Direct summation rounds too, by a few units of its own.
      assertEquals(direct[i], other, rounding.entry() + 1e-15);
      norm += (direct[i] - other) * (direct[i] - other);
    }
    assertTrue(Math.sqrt(norm) <= rounding.norm() + 1e-15);
  }

  /** Pessimism where it matters: the grid pair's delta is never below the exact one, both ways. */
  @Test
  void gridDominatesTheMechanism() {
    LmoNoise lmo =
        new LmoNoise(
            new LmoNoise.Gamma(0.3, 2, 1),
            new LmoNoise.Exponential(0.1, 5),
            new LmoNoise.Uniform(0.5, 0, 1),
            LmoNoise.TruncatedNormal.none());
    BaseMechanism[] bases = {
      new GaussianBase(0.5), new GaussianBase(4), new LaplaceBase(0.7), new ScalarLmoBase(lmo, 4)
    };
    for (BaseMechanism base : bases) {
      for (double q : new double[] {1e-3, 0.2, 1}) {
        SampledMechanism mechanism = new SampledMechanism(base, q);
        double step = 0.03;
        int low = (int) Math.floor(Math.max(mechanism.smallestRatio(), -4) / step);
        int high = (int) Math.ceil(Math.min(mechanism.largestRatio(), 5) / step);
        LossGrid grid = new LossGrid(mechanism, step, low, high);
        assertEquals(1, total(grid.removing()) + grid.infiniteWith(), 1e-11);
        assertEquals(1, total(grid.adding()) + grid.infiniteWithout(), 1e-11);
        assertEquals(1, total(grid.cellsWith()), 1e-11);
        assertEquals(1, total(grid.cellsWithout()), 1e-11);
        for (int j = 0; j * step < 3.9; j++) {
          // Connecting the dots is exact at the dots and above in between.
          double dot = j * step;
          double exact = mechanism.removeDelta(dot);
          assertEquals(
              exact, delta(grid.removing(), dot) + grid.infiniteWith(), 1e-9 * exact + 1e-300);
          exact = mechanism.addDelta(dot);
          assertEquals(
              exact, delta(grid.adding(), dot) + grid.infiniteWithout(), 1e-9 * exact + 1e-300);
          double between = dot + 0.4 * step;
          exact = mechanism.removeDelta(between);
          double above = delta(grid.removing(), between) + grid.infiniteWith();
          assertTrue(above >= exact && above <= mechanism.removeDelta(dot), above + " " + exact);
          assertTrue(
              delta(grid.adding(), between) + grid.infiniteWithout()
                  >= mechanism.addDelta(between));
        }
      }
    }
  }

  private static double total(LossMass mass) {
    double sum = 0;
    for (double m : mass.mass()) {
      sum += m;
    }
    return sum;
  }

  private static double delta(LossMass loss, double epsilon) {
    double sum = 0;
    for (int j = 0; j < loss.mass().length; j++) {
      double x = (loss.low() + j) * loss.step();
      if (x > epsilon) {
        sum += loss.mass()[j] * -Math.expm1(epsilon - x);
      }
    }
    return sum;
  }

  @Test
  void momentsMatchPlainSums() {
    LossMass loss = new LossMass(-3, 0.25, new double[] {0.1, 0.2, 0, 0.3, 0.1, 0.25, 0.05});
    for (double theta : new double[] {-40, -1, 0, 0.5, 3, 200, 2000}) {
      double scale = Double.NEGATIVE_INFINITY;
      for (int j = 0; j < 7; j++) {
        scale = Math.max(scale, theta * 0.25 * (j - 3));
      }
      double sum = 0;
      for (int j = 0; j < 7; j++) {
        sum += loss.mass()[j] * Math.exp(theta * 0.25 * (j - 3) - scale);
      }
      assertEquals(Math.log(sum) + scale, loss.logMoment(theta), 1e-12 * (1 + Math.abs(scale)));
    }
  }
}
