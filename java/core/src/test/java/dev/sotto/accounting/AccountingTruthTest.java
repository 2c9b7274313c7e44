package dev.sotto.accounting;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Brackets of the true epsilon by a program that shares no code with this one
 * (bench/peers/accounting_truth.py; the whole of its output is bench/results/accounting_truth.csv).
 */
class AccountingTruthTest {
  private static final int SETTINGS = 40;

  private record Setting(double q, double z, long steps, double delta, double low, double high) {
    static Setting of(String line) {
      double[] v = Arrays.stream(line.split(",")).mapToDouble(Double::parseDouble).toArray();
      return new Setting(v[0], v[1], (long) v[2], v[3], v[4], v[5]);
    }

    PrivacyEvent event() {
      return Calibration.run(z, q, steps);
    }
  }

  private static List<Setting> settings() throws IOException {
    try (InputStream in = AccountingTruthTest.class.getResourceAsStream("truth.csv")) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      List<Setting> all = text.lines().skip(1).map(Setting::of).toList();
      assertEquals(SETTINGS, all.size());
      return all;
    }
  }

  @Test
  void upperEndIsTightAndNeverBelowTheTruth() throws IOException {
    for (Setting s : settings()) {
      EpsilonBound bound = Accountant.pld().epsilon(s.event(), s.delta());
      String where = s + ": " + bound;
      assertTrue(bound.upper() >= s.low(), where);
      assertTrue(bound.lower() <= s.high(), where);
      assertTrue(bound.upper() <= s.high() + Math.max(0.005 * s.high(), 1e-4), where);
      assertTrue(bound.upper() <= Accountant.rdp().epsilonUpper(s.event(), s.delta()), where);
    }
  }
}
