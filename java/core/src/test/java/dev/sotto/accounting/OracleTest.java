package dev.sotto.accounting;

import static dev.sotto.accounting.OracleFile.asMap;
import static dev.sotto.accounting.OracleFile.number;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Every reference value of the accounting oracle. */
class OracleTest {

  private static PrivacyEvent run(Map<String, Object> row) {
    return Calibration.run(
        number(row, "noise_multiplier"),
        number(row, "sampling_probability"),
        (long) number(row, "steps"));
  }

  @Test
  void pldBracketsTheTrueEpsilonOfEverySetting() throws Exception {
    Accountant pld = Accountant.pld();
    int checked = 0;
    for (Map<String, Object> row : OracleFile.list("settings")) {
      for (Object entry : (List<?>) row.get("by_delta")) {
        Map<String, Object> reference = asMap(entry);
        double epsilon = number(reference, "epsilon");
        double uncertainty = number(reference, "uncertainty");
        EpsilonBound bound = pld.epsilon(run(row), number(reference, "delta"));
        String where =
            row.get("sampling_probability")
                + " "
                + row.get("noise_multiplier")
                + " "
                + row.get("steps")
                + " "
                + reference.get("delta")
                + ": "
                + bound
                + " vs "
                + epsilon;
        assertTrue(bound.upper() >= epsilon - uncertainty, where);
        double allowed = Math.max(0.005 * epsilon, 1e-4);
        assertTrue(bound.upper() <= epsilon + uncertainty + allowed, where);
        assertTrue(bound.lower() <= epsilon + uncertainty, where);
        assertTrue(bound.lower() >= epsilon - uncertainty - Math.max(0.05 * epsilon, 2e-4), where);
        checked++;
      }
    }
    assertTrue(checked >= 200, "only " + checked + " settings were read");
  }

  /**
   * At integer orders the reference is exact. At fractional orders it drops the signs of the
   * generalised binomial coefficients, which is a bound but not the divergence; the test shows that
   * by reproducing it, and holds ours against the signed series.
   */
  @Test
  void renyiAgreesAtTheReferenceOrders() throws Exception {
    RdpAccountant rdp = new RdpAccountant();
    int integers = 0;
    int fractions = 0;
    for (Map<String, Object> row : OracleFile.list("settings")) {
      double q = number(row, "sampling_probability");
      double z = number(row, "noise_multiplier");
      for (Object entry : (List<?>) row.get("by_delta")) {
        Map<String, Object> reference = asMap(entry);
        if (!(reference.get("rdp") instanceof Double expected) || expected == 0) {
          continue;
        }
        double order = number(reference, "rdp_order");
        double delta = number(reference, "delta");
        double ours = RdpAccountant.toEpsilon(rdp.rdp(run(row), order), order, delta);
        if (order == Math.rint(order) || q == 1) {
          assertEquals(expected, ours, 1e-6 * expected, "q " + q + " z " + z + " order " + order);
          integers++;
        } else {
          double steps = number(row, "steps");
          double unsigned = steps * RenyiSeries.divergence(q, z, order, false);
          double signed = steps * RenyiSeries.divergence(q, z, order, true);
          assertEquals(expected, RdpAccountant.toEpsilon(unsigned, order, delta), 1e-6 * expected);
          assertEquals(RdpAccountant.toEpsilon(signed, order, delta), ours, 1e-6 * expected);
          fractions++;
        }
        // Our own order is searched, so the final figure is never worse.
        assertTrue(rdp.epsilonUpper(run(row), delta) <= expected * (1 + 1e-6));
      }
    }
    assertTrue(integers > 50 && fractions > 50, integers + " and " + fractions);
  }

  /**
   * The Laplace brackets of the reference lose precision at 1000 steps (a direct composition on
   * atoms confirms ours, see {@link PldAccountantTest}), hence 1e-3 there.
   */
  @Test
  void pldAgreesOnLaplace() throws Exception {
    for (String list : new String[] {"laplace", "subsampled_laplace"}) {
      for (Map<String, Object> row : OracleFile.list(list)) {
        double q = row.get("q") == null ? 1 : number(row, "q");
        double steps = number(row, "steps");
        PrivacyEvent event =
            new PoissonSampledEvent(q, new LaplaceEvent(1, number(row, "b")))
                .repeated((long) steps);
        List<?> deltas = (List<?>) row.get("deltas");
        for (int i = 0; i < deltas.size(); i++) {
          double low = Double.NEGATIVE_INFINITY;
          double high = Double.POSITIVE_INFINITY;
          for (Map.Entry<String, Object> column : row.entrySet()) {
            if (!(column.getValue() instanceof List<?> values)) {
              continue;
            }
            if (column.getKey().contains("pld_opt") || column.getKey().equals("eps_exact")) {
              low = Math.max(low, (double) values.get(i));
            }
            if (column.getKey().contains("pld_pess") || column.getKey().equals("eps_exact")) {
              high = Math.min(high, (double) values.get(i));
            }
          }
          EpsilonBound bound = Accountant.pld().epsilon(event, (double) deltas.get(i));
          double slack = steps >= 1000 ? 1e-3 : 1e-6;
          String where = row + " " + deltas.get(i) + " " + bound;
          assertTrue(bound.upper() >= low * (1 - slack), where);
          assertTrue(bound.upper() <= high * (1 + Math.max(slack, 5e-4)) + 1e-6, where);
          assertTrue(bound.lower() <= high * (1 + slack), where);
        }
      }
    }
  }

  @Test
  void calibrationFindsTheReferenceNoise() throws Exception {
    for (Map<String, Object> row : OracleFile.list("calibration")) {
      double target = number(row, "target_eps");
      double delta = number(row, "delta");
      double q = number(row, "q");
      long steps = (long) number(row, "steps");
      double z = Calibration.noiseMultiplier(Accountant.pld(), target, delta, q, steps);
      double reference = number(row, "ref");
      assertEquals(reference, z, 1e-3 * reference, row.toString());
      assertTrue(z >= reference * (1 - 1e-5), row.toString());
      assertTrue(Accountant.pld().epsilonUpper(Calibration.run(z, q, steps), delta) <= target);
    }
  }
}
