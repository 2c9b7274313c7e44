package dev.sotto.noise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.noise.LmoNoise.Exponential;
import dev.sotto.noise.LmoNoise.Gamma;
import dev.sotto.noise.LmoNoise.TruncatedNormal;
import dev.sotto.noise.LmoNoise.Uniform;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

/** The table against the function it stands for, at points it was not made from. */
class QuantileTableTest {
  /** Beyond the table's own error, a few roundings of double precision. */
  private static final double ALLOWED = 1.25 * QuantileTable.TOLERANCE;

  private static double worst(QuantileTable table, DoubleUnaryOperator quantile) {
    Random random = new Random(7);
    double worst = 0;
    for (int i = 0; i < 20_000; i++) {
      double w =
          i % 2 == 0
              ? random.nextDouble() * QuantileTable.LARGEST_EXPONENT
              : Math.exp(-40 * random.nextDouble()) * QuantileTable.LARGEST_EXPONENT;
      double exact = quantile.applyAsDouble(w);
      worst = Math.max(worst, Math.abs(table.quantile(w) - exact) / exact);
    }
    return worst;
  }

  @Test
  void functionsWithFormulas() {
    DoubleUnaryOperator pareto = w -> Math.expm1(w / 2.1);
    QuantileTable table = QuantileTable.of(pareto, "a power tail");
    assertTrue(worst(table, pareto) <= ALLOWED, "error " + worst(table, pareto));
    assertEquals(pareto.applyAsDouble(64 * Math.log(2)), table.largest(), 1e-13 * table.largest());
    DoubleUnaryOperator wiggling = w -> w * (1 + 0.1 * Math.sin(3 * w));
    assertTrue(worst(QuantileTable.of(wiggling, "wiggling"), wiggling) <= ALLOWED);
  }

  @Test
  void aConstantInverseScaleIsAStraightLine() {
    QuantileTable table = QuantileTable.of(LmoNoise.laplace(2.5));
    assertEquals(33, table.segments());
    for (double w = 1e-12; w < 44; w = 1.3 * w + 1e-3) {
      assertEquals(2.5 * w, table.quantile(w), 1e-15 * 2.5 * w * 4);
    }
    assertEquals(0, table.quantile(0));
  }

  private static final List<LmoNoise> LAWS =
      List.of(
          law(new Gamma(0.1, 1, 0.5), new Exponential(0.1, 5), new Uniform(0.1, 1, 2)),
          law(new Gamma(0.1, 2, 1), new Exponential(0.1, 5), new Uniform(0.2, 7, 8)),
          law(new Gamma(1, 2.05, 1), Exponential.none(), Uniform.none()),
          law(new Gamma(1, 0.5, 1), Exponential.none(), Uniform.none()),
          law(new Gamma(1, 50, 0.1), Exponential.none(), new Uniform(1, 0, 1e-9)),
          law(new Gamma(1, 2, 1e-6), new Exponential(1, 1e6), new Uniform(1, 0.999, 1)),
          new LmoNoise(
              Gamma.none(),
              Exponential.none(),
              Uniform.none(),
              new TruncatedNormal(1, -3, 0.5, 0.01, 9)));

  @Test
  void noiseLawsWithinTheTolerance() {
    for (LmoNoise law : LAWS) {
      QuantileTable table = QuantileTable.of(law);
      double worst = worst(table, law::absoluteQuantile);
      assertTrue(worst <= ALLOWED, law + ": " + worst + " with " + table.segments() + " rows");
      assertEquals(
          law.absoluteQuantile(64 * Math.log(2)), table.largest(), 1e-13 * table.largest());
    }
  }

  /** The law that is drawn has density e^(−w) / (2 Q'(w)) at Q(w): within 1e-8 of the law's own. */
  @Test
  void theDensityDrawnIsTheLaws() {
    Random random = new Random(8);
    for (LmoNoise law : LAWS) {
      QuantileTable table = QuantileTable.of(law);
      double[] rows = table.coefficients();
      double r = (table.segments() - 1) / QuantileTable.LARGEST_EXPONENT;
      for (int i = 0; i < 2000; i++) {
        double w = Math.pow(random.nextDouble(), 3) * QuantileTable.LARGEST_EXPONENT;
        int row = (int) Math.rint(w * r);
        double x = w * r - row;
        double slope = 0;
        for (int k = QuantileTable.COEFFICIENTS - 1; k >= 1; k--) {
          slope = slope * x + k * rows[row * QuantileTable.COEFFICIENTS + k];
        }
        double drawn = -w - Math.log(2 * r * slope);
        assertEquals(law.logDensity(table.quantile(w)), drawn, 1e-8, law + " at w = " + w);
      }
    }
  }

  @Test
  void theLayoutIsTheKernels() {
    QuantileTable table = QuantileTable.of(w -> Math.expm1(w / 3), "a power tail");
    double[] rows = table.coefficients();
    assertEquals(table.segments() * QuantileTable.COEFFICIENTS, rows.length);
    assertEquals(0, rows[0], "Q(0)");
    double r = (table.segments() - 1) / QuantileTable.LARGEST_EXPONENT;
    assertEquals(1 / (3 * r), rows[1], 1e-12 / r, "slope of the first row");
    assertEquals(Math.expm1(5 / r / 3), rows[5 * QuantileTable.COEFFICIENTS], 1e-13);
    rows[1] = 7;
    assertArrayEquals(
        table.coefficients(), QuantileTable.of(w -> Math.expm1(w / 3), "").coefficients());
  }

  @Test
  void refusesWhatItCannotTabulate() {
    LmoNoise heavy = law(new Gamma(1, 0.01, 1), Exponential.none(), Uniform.none());
    String tail =
        assertThrows(IllegalArgumentException.class, () -> QuantileTable.of(heavy)).getMessage();
    assertTrue(tail.contains("too heavy") && tail.contains("shape=0.01"), tail);
    String kink =
        assertThrows(
                IllegalArgumentException.class,
                () -> QuantileTable.of(w -> w + Math.max(0, w - 10), "a law with a kink"))
            .getMessage();
    assertTrue(kink.contains("a law with a kink bends too sharply"), kink);
    assertThrows(IllegalArgumentException.class, () -> QuantileTable.of(w -> Double.NaN, "NaN"));
  }

  private static LmoNoise law(Gamma gamma, Exponential exponential, Uniform uniform) {
    return new LmoNoise(gamma, exponential, uniform, TruncatedNormal.none());
  }
}
