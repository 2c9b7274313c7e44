package dev.sotto.noise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import org.apache.commons.math3.analysis.integration.gauss.GaussIntegrator;
import org.apache.commons.math3.analysis.integration.gauss.GaussIntegratorFactory;
import org.junit.jupiter.api.Test;

/** Parameters at which a careless formula overflows or cancels, and truncations of every kind. */
class ExtremeNoiseTest {
  private static final GaussIntegrator RULE = new GaussIntegratorFactory().legendre(30);

  private static List<LmoNoise> laws() {
    List<LmoNoise> laws = new ArrayList<>(Laws.ordinary());
    laws.addAll(Laws.extreme());
    return laws;
  }

  private static double integral(DoubleUnaryOperator f, double from, double to) {
    double half = 0.5 * (to - from);
    double sum = 0;
    for (int i = 0; i < 30; i++) {
      sum += RULE.getWeight(i) * f.applyAsDouble(from + half * (1 + RULE.getPoint(i)));
    }
    return half * sum;
  }

  @Test
  void theDensityIntegratesToOneAndToTheTail() {
    for (LmoNoise law : laws()) {
      double unit = law.analyticRadius();
      double mass = 2 * integral(law::density, 0, unit);
      double from = unit;
      while (law.survival(from) > 1e-12 && from < 1e290) {
        double panel = integral(law::density, from, 2 * from);
        double tail = law.survival(from);
        double difference = tail * -Math.expm1(Math.log(law.survival(2 * from) / tail));
        assertEquals(difference, panel, 1e-10 * tail, law + " from " + from);
        mass += 2 * panel;
        from *= 2;
      }
      assertEquals(1, mass + 2 * law.survival(from), 1e-10, law.toString());
    }
  }

  @Test
  void everythingIsFinite() {
    for (LmoNoise law : laws()) {
      double fisher = law.fisherInformation();
      assertTrue(fisher > 0 && Double.isFinite(fisher), law + " Fisher " + fisher);
      assertTrue(law.analyticRadius() > 0, law.toString());
      for (double w = 1e-20; w < 30; w *= 3) {
        double x = law.absoluteQuantile(w);
        assertTrue(x > 0, law + " at " + w);
        if (x < 1e290) {
          assertEquals(w, -law.logMgf(-x), 1e-13 * w, law + " at " + w);
          double slope = law.logDensitySlope(x);
          assertTrue(slope < 0 && Double.isFinite(slope), law + " at " + x);
          assertTrue(Double.isFinite(law.logDensity(x)), law + " at " + x);
          assertTrue(law.logDensityDrop(x) > 0, law + " at " + x);
        }
      }
    }
  }

  /** E[(d/dx log p)^2] over the quantiles of |Z|, another way than the product's. */
  @Test
  void theFisherInformationIsTheMeanSquaredSlope() {
    for (LmoNoise law : laws()) {
      DoubleUnaryOperator squared =
          w -> {
            double x = law.absoluteQuantile(w);
            double slope = x < 1e290 ? law.logDensitySlope(x) : 0;
            return Math.exp(-w) * slope * slope;
          };
      double from = 0;
      double sum = 0;
      for (double to = 1e-9; from < 40; to = to < 1 ? 2 * to : to + 1) {
        sum += integral(squared, from, to);
        from = to;
      }
      assertEquals(sum, law.fisherInformation(), 1e-8 * sum, law.toString());
    }
  }

  /** The density of u up to a constant, in sd from the point of [low, high] nearest the mean. */
  private record Truncation(double mean, double stddev, double low, double high) {
    double anchor() {
      return Math.min(high, Math.max(low, mean));
    }

    /** The integral of g(u) times the density, as a mixture over u in many short panels. */
    double expect(DoubleUnaryOperator g, double tilt) {
      double slope = (anchor() - mean) / stddev;
      double reach = 2 * 60 / (Math.abs(slope) + Math.hypot(slope, Math.sqrt(120)));
      double wide = reach + Math.abs(tilt) * stddev * 1.01;
      double from = Math.max((low - anchor()) / stddev, -wide);
      double to = Math.min((high - anchor()) / stddev, wide);
      double sum = 0;
      int panels = 400;
      for (int i = 0; i < panels; i++) {
        double left = from + (to - from) * i / panels;
        double right = from + (to - from) * (i + 1) / panels;
        sum +=
            integral(
                v -> g.applyAsDouble(anchor() + stddev * v) * Math.exp(-v * (slope + 0.5 * v)),
                left,
                right);
      }
      return sum;
    }
  }

  @Test
  void theTruncatedNormalIsTheMixtureOverItsInverseScale() {
    double[][] cases = {
      {1, 2, 0, 5},
      {-1, 2, 0, 6},
      {-50, 1, 0, 30},
      {50, 1, 0, 30},
      {50, 1, 0, 100},
      {3, 0.01, 0, 100},
      {0, 1e6, 2, 2.5},
      {7, 1, 2, 2.001},
      {5, 1, 0, 5.5}
    };
    for (double[] c : cases) {
      LmoNoise law = Laws.normal(c[0], c[1], c[2], c[3]);
      Truncation u = new Truncation(c[0], c[1], c[2], c[3]);
      double mass = u.expect(v -> 1, 0);
      double mean = u.expect(v -> v, 0) / mass;
      String name = u.toString();
      assertEquals(mean, law.meanInverseScale(), 1e-12 * mean, name);
      for (double t : new double[] {1e-8, 0.01, 0.3, 1, 3, 10, 25}) {
        double x = t / mean;
        double survival = 0.5 * u.expect(v -> Math.exp(-x * v), x) / mass;
        double density = 0.5 * u.expect(v -> v * Math.exp(-x * v), x) / mass;
        double lost = u.expect(v -> -Math.expm1(-x * v), x) / mass;
        assertEquals(survival, law.survival(x), 1e-11 * survival, name + " at " + x);
        assertEquals(density, law.density(x), 1e-11 * density, name + " at " + x);
        assertEquals(lost, law.usefulness(x), 1e-11 * lost, name + " at " + x);
        if (t <= 1) {
          double drop = u.expect(v -> -v * Math.expm1(-x * v), x) / mass;
          double expected = -Math.log1p(-drop / mean);
          assertEquals(expected, law.logDensityDrop(x), 1e-11 * expected, name + " at " + x);
        }
      }
    }
  }

  @Test
  void independentTermsAddUp() {
    LmoNoise all = Laws.ALL_FOUR;
    LmoNoise gamma = Laws.gamma(0.5, 2.5, 0.4);
    LmoNoise exponential = Laws.gamma(0.2, 1, 1 / 3.0);
    LmoNoise uniform = Laws.uniform(0.3, 0.5, 4);
    LmoNoise normal = Laws.normal(0.6, 1.2, 0.06, 3);
    for (double x : new double[] {1e-9, 0.4, 3, 80}) {
      double sum =
          gamma.logMgf(-x) + exponential.logMgf(-x) + uniform.logMgf(-x) + normal.logMgf(-x);
      assertEquals(sum, all.logMgf(-x), 1e-13 * Math.abs(sum));
    }
  }
}
