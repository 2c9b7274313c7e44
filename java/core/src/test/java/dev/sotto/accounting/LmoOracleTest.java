package dev.sotto.accounting;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.noise.LmoNoise;
import java.io.IOException;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

/** Every number of the LMO oracle to a relative 1e-6; the counts catch a table that went unread. */
class LmoOracleTest {
  private static final double TOLERANCE = 1e-6;

  private static LmoNoise law(Map<String, Object> row) {
    Map<String, Object> p = OracleFile.asMap(row.get("params"));
    assertEquals(8, p.size(), "a parameter of the law that this test does not read");
    return new LmoNoise(
        new LmoNoise.Gamma(
            OracleFile.number(p, "gamma_weight"),
            OracleFile.number(p, "gamma_shape"),
            OracleFile.number(p, "gamma_scale")),
        new LmoNoise.Exponential(
            OracleFile.number(p, "exponential_weight"), OracleFile.number(p, "exponential_rate")),
        new LmoNoise.Uniform(
            OracleFile.number(p, "uniform_weight"),
            OracleFile.number(p, "uniform_low"),
            OracleFile.number(p, "uniform_high")),
        LmoNoise.TruncatedNormal.none());
  }

  /** Compares a table of one argument; returns how many numbers it held. */
  private static int compare(Object table, String name, DoubleUnaryOperator function) {
    int count = 0;
    for (Map.Entry<String, Object> entry : OracleFile.asMap(table).entrySet()) {
      double argument = Double.parseDouble(entry.getKey());
      double got = function.applyAsDouble(argument);
      if (entry.getValue() instanceof String word) {
        assertEquals("Infinity", word);
        assertEquals(Double.POSITIVE_INFINITY, got, name + " at " + argument);
      } else {
        close((double) entry.getValue(), got, name + " at " + argument);
      }
      count++;
    }
    return count;
  }

  private static void close(double expected, double got, String name) {
    assertEquals(expected, got, TOLERANCE * Math.abs(expected), name);
  }

  @Test
  void everyNumberOfTheLaws() throws IOException {
    int count = 0;
    for (Map<String, Object> row : OracleFile.asMaps(OracleFile.read("lmo.json").get("cases"))) {
      assertEquals(9, row.size(), "a table that this test does not read");
      LmoNoise law = law(row);
      count += compare(row.get("log_density"), "log density", law::logDensity);
      count += compare(row.get("prob_abs_le"), "usefulness", law::usefulness);
      close(OracleFile.number(row, "fisher_information"), law.fisherInformation(), "Fisher");
      close(OracleFile.number(row, "variance"), law.variance(), "variance");
      close(OracleFile.number(row, "mean_inverse_scale"), law.meanInverseScale(), "mean");
      count += 3;
    }
    assertEquals(3 * (5 + 3 + 3), count);
  }

  @Test
  void everyDivergence() throws IOException {
    int count = 0;
    for (Map<String, Object> row : OracleFile.asMaps(OracleFile.read("lmo.json").get("cases"))) {
      LmoNoise law = law(row);
      count += compare(row.get("renyi_paper"), "paper", a -> LmoDivergence.renyiPaper(law, a, 1));
      for (var table : OracleFile.asMap(row.get("renyi_exact")).entrySet()) {
        double order = Double.parseDouble(table.getKey());
        count +=
            compare(
                table.getValue(),
                "exact, order " + order,
                shift -> LmoDivergence.renyiExact(law, order, shift));
      }
      for (var table : OracleFile.asMap(row.get("renyi_vector_sup")).entrySet()) {
        double order = Double.parseDouble(table.getKey());
        count +=
            compare(
                table.getValue(),
                "vector, order " + order,
                d -> LmoDivergence.renyiVector(law, order, (long) d, 1));
      }
    }
    assertEquals(3 * (9 + 9 * 4 + 9 * 3), count);
  }

  /** What privacy.md states for the published parameters at epsilon 0.3. */
  @Test
  void thePublishedLawCostsTwoAndAHalfTimesTheGaussian() throws IOException {
    boolean found = false;
    for (Map<String, Object> row : OracleFile.asMaps(OracleFile.read("lmo.json").get("cases"))) {
      LmoNoise law = law(row);
      double cost = law.variance() * law.fisherInformation();
      assertTrue(cost > 1, "Cramer-Rao");
      found |= Math.abs(cost - 2.47) < 0.005;
    }
    assertTrue(found);
  }
}
