package dev.sotto.noise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.noise.LmoNoise.Exponential;
import dev.sotto.noise.LmoNoise.Gamma;
import dev.sotto.noise.LmoNoise.TruncatedNormal;
import dev.sotto.noise.LmoNoise.Uniform;
import org.junit.jupiter.api.Test;

class LmoNoiseTest {
  private static void close(double expected, double got, double tolerance, String what) {
    assertEquals(expected, got, tolerance * Math.abs(expected), what);
  }

  @Test
  void laplaceHasClosedForms() {
    LmoNoise law = LmoNoise.laplace(0.5);
    for (double x : new double[] {-3, -1e-9, 0, 0.2, 100}) {
      assertEquals(-2 * Math.abs(x), law.logDensity(x), 1e-14 * (1 + Math.abs(x)));
      assertEquals(2 * Math.abs(x), law.logDensityDrop(x), 2e-16 * Math.abs(x));
      double tail = 0.5 * Math.exp(-2 * Math.abs(x));
      close(x < 0 ? 1 - tail : tail, law.survival(x), 1e-14, "survival");
      close(x < 0 ? tail : 1 - tail, law.cdf(x), 1e-14, "cdf");
    }
    assertEquals(2, law.meanInverseScale());
    close(0.5, law.variance(), 1e-13, "variance");
    close(0.5, law.meanAbsolute(), 1e-13, "mean absolute");
    close(4, law.fisherInformation(), 1e-13, "Fisher information");
    close(7 / 2.0, law.absoluteQuantile(7), 1e-15, "quantile");
    assertEquals(Double.POSITIVE_INFINITY, law.pole());
    assertTrue(law.isLaplace());
    assertFalse(Laws.gamma(1, 2, 1).isLaplace());
    assertFalse(Laws.uniform(1, 1, 1.5).isLaplace());
  }

  /** A gamma inverse scale makes P(|Z| > x) = (1 + x scale)^-shape. */
  @Test
  void gammaHasClosedForms() {
    double shape = 3.5;
    double scale = 0.8;
    LmoNoise law = Laws.gamma(2, shape, scale / 2);
    for (double x : new double[] {1e-12, 0.3, 10, 1e9}) {
      double grown = Math.log1p(x * scale);
      close(-shape * grown, law.logMgf(-x), 1e-15, "log MGF");
      close((shape + 1) * grown, law.logDensityDrop(x), 1e-14, "drop");
      close(-(shape + 1) * scale / (1 + x * scale), law.logDensitySlope(x), 1e-14, "slope");
    }
    double inverse = 1 / (scale * (shape - 1));
    close(inverse, law.meanAbsolute(), 1e-12, "E|Z|");
    close(2 * inverse / (scale * (shape - 2)), law.variance(), 1e-12, "variance");
    double fisher = (shape + 1) * (shape + 1) * scale * scale * shape / (shape + 2);
    close(fisher, law.fisherInformation(), 1e-12, "Fisher information");
    assertEquals(1 / scale, law.pole());
  }

  @Test
  void theDerivativeOfTheMgfIsItsSlope() {
    for (LmoNoise law : Laws.ordinary()) {
      double scale = 1 / law.meanInverseScale();
      for (double t : new double[] {-30 * scale, -scale, -1e-3 * scale, 0, 0.3 * scale}) {
        double step = 1e-3 * Math.min(scale, law.pole() - t);
        double slope =
            (8 * (law.mgf(t + step) - law.mgf(t - step))
                    - (law.mgf(t + 2 * step) - law.mgf(t - 2 * step)))
                / (12 * step);
        close(slope, law.mgfDerivative(t), 1e-8, law + " at " + t);
      }
    }
  }

  @Test
  void theDensityIsSymmetricAndLogConvexOnEitherSide() {
    for (LmoNoise law : Laws.ordinary()) {
      double before = Double.NEGATIVE_INFINITY;
      for (double x = 1e-6; x < 1e4; x *= 1.3) {
        double slope = law.logDensitySlope(x);
        assertTrue(slope < 0 && slope >= before - 1e-12 * Math.abs(before), law + " at " + x);
        assertEquals(-slope, law.logDensitySlope(-x));
        assertEquals(law.logDensity(x), law.logDensity(-x));
        double step = 1e-4 * x;
        double drop = (law.logDensityDrop(x + step) - law.logDensityDrop(x - step)) / (2 * step);
        close(-slope, drop, 1e-6, law + " at " + x);
        before = slope;
      }
    }
  }

  @Test
  void theDropIsAccurateNearZeroAndTheDifferenceFarFromIt() {
    for (LmoNoise law : Laws.ordinary()) {
      double slope = -law.logDensitySlope(0);
      close(1e-12, law.logDensityDrop(1e-12 / slope), 1e-10, law.toString());
      double far = law.logDensity(0) - law.logDensity(50);
      close(far, law.logDensityDrop(50), 1e-12, law.toString());
    }
  }

  @Test
  void theQuantileInvertsTheDistribution() {
    for (LmoNoise law : Laws.ordinary()) {
      for (double p : new double[] {1e-300, 1e-18, 1e-5, 0.2, 0.3, 0.49999, 0.7, 0.99999}) {
        close(p, law.cdf(law.quantile(p)), 1e-12, law + " at " + p);
      }
      assertEquals(0, law.quantile(0.5));
      assertEquals(-law.quantile(0.25), law.quantile(0.75));
    }
  }

  @Test
  void theAbsoluteQuantileKeepsFullPrecisionAtBothEnds() {
    for (LmoNoise law : Laws.ordinary()) {
      for (double w = 1e-25; w < 45; w *= 1.7) {
        double x = law.absoluteQuantile(w);
        // Rounding x moves the exponent by at most |d K / d log x| half units in the last place.
        close(w, -law.logMgf(-x), 4e-15, law + " at " + w);
      }
      double x = law.absoluteQuantile(45);
      close(45, -law.logMgf(-x), 4e-15, law.toString());
      assertEquals(0, law.absoluteQuantile(0));
    }
    assertEquals(Double.POSITIVE_INFINITY, Laws.gamma(1, 0.05, 1).absoluteQuantile(45));
  }

  @Test
  void scalingTheLawScalesTheNoise() {
    for (LmoNoise law : Laws.ordinary()) {
      LmoNoise wide = law.scaled(1e3);
      close(law.density(0.7) / 1e3, wide.density(700), 1e-12, law.toString());
      close(law.survival(0.7), wide.survival(700), 1e-12, law.toString());
      close(law.fisherInformation() / 1e6, wide.fisherInformation(), 1e-10, law.toString());
      close(1e3 * law.absoluteQuantile(3), wide.absoluteQuantile(3), 1e-12, law.toString());
    }
  }

  @Test
  void usefulnessIsTheMassWithin() {
    LmoNoise law = Laws.ALL_FOUR;
    close(1 - 2 * law.survival(0.9), law.usefulness(0.9), 1e-14, "usefulness");
    close(2e-15 * law.density(0), law.usefulness(1e-15), 1e-12, "usefulness near 0");
    assertEquals(0, law.usefulness(0), 0.0);
  }

  @Test
  void momentsThatDoNotExistSaySo() {
    message(() -> Laws.gamma(1, 2, 1).variance(), "variance", "u^1.0 near 0", "E[u^-2]");
    message(() -> Laws.gamma(1, 1, 1).meanAbsolute(), "mean absolute", "E[1/u]");
    message(() -> Laws.uniform(1, 0, 1).variance(), "variance", "u^0.0");
    message(() -> Laws.normal(1, 1, 0, 2).meanAbsolute(), "mean absolute");
    assertTrue(Laws.gamma(1, 2.01, 1).variance() > 100);
    close(2 / (1.001 * 0.001), Laws.gamma(1, 2.001, 1).variance(), 1e-9, "a slow tail");
    assertTrue(Laws.uniform(1, 1e-3, 1).variance() < 2e6);
  }

  @Test
  void badParametersNameTheField() {
    message(() -> new Gamma(-1, 1, 1), "gamma_weight", "-1.0");
    message(() -> new Gamma(1, 0, 1), "gamma_shape", "0.0");
    message(() -> new Gamma(1, 1, Double.NaN), "gamma_scale", "NaN");
    message(() -> new Gamma(0, Double.NaN, 1), "gamma_shape", "NaN");
    message(() -> new Exponential(Double.POSITIVE_INFINITY, 1), "exponential_weight");
    message(() -> new Exponential(1, -2), "exponential_rate", "-2.0");
    message(() -> new Uniform(1, 3, 2), "uniform_low", "uniform_high", "3.0 and 2.0");
    message(() -> new Uniform(1, -1, 2), "uniform_low", "-1.0");
    message(() -> new Uniform(1, 0, 0), "uniform_high", "0.0");
    message(() -> new TruncatedNormal(1, 0, 0, 0, 1), "truncated_normal_stddev");
    message(() -> new TruncatedNormal(1, 0, 1, -1, 1), "truncated_normal_low", "-1.0");
    message(() -> new TruncatedNormal(1, 0, 1, 2, 1), "truncated_normal_high", "2.0 and 1.0");
    message(() -> new TruncatedNormal(1, 1.0 / 0, 1, 0, 1), "truncated_normal_mean");
    // The parameters of an absent term are only asked to be numbers.
    assertEquals(0, new Uniform(0, 3, -2).weight());
    message(
        () ->
            new LmoNoise(Gamma.none(), Exponential.none(), Uniform.none(), TruncatedNormal.none()),
        "one weight above 0");
    message(() -> Laws.gamma(1e150, 1, 1), "mean inverse scale", "1.0E150");
    message(() -> LmoNoise.laplace(0), "Laplace scale");
  }

  @Test
  void badArgumentsSaySo() {
    LmoNoise law = Laws.gamma(1, 2, 0.5);
    message(() -> law.mgf(2), "finite below 2.0", "t = 2.0");
    message(() -> law.logMgf(Double.NaN), "NaN");
    message(() -> law.mgfDerivative(5), "t = 5.0");
    message(() -> law.quantile(0), "strictly between 0 and 1");
    message(() -> law.absoluteQuantile(-1), "-1.0");
    message(() -> law.usefulness(-1), "-1.0");
    message(() -> law.scaled(0), "0.0");
  }

  private static void message(Runnable call, String... words) {
    var error = assertThrows(IllegalArgumentException.class, call::run);
    for (String word : words) {
      assertTrue(error.getMessage().contains(word), error.getMessage());
    }
  }

  @Test
  void lawsAreValues() {
    assertEquals(Laws.gamma(1, 2, 3), Laws.gamma(1, 2, 3));
    assertEquals(Laws.gamma(1, 2, 3).hashCode(), Laws.gamma(1, 2, 3).hashCode());
    assertNotEquals(Laws.gamma(1, 2, 3), Laws.gamma(1, 2, 4));
    assertEquals(new Gamma(1, 2, 3), Laws.gamma(1, 2, 3).gamma());
    assertTrue(Laws.ALL_FOUR.toString().contains("rate=3.0"));
  }
}
