package dev.sotto.report;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FinetuneReportTest {
  @TempDir Path dir;

  private String page(
      double epsilon, String accountant, String unit, boolean seeded, double perplexity)
      throws IOException {
    Path file = dir.resolve("report.md");
    FinetuneReport.write(
        file,
        new FinetuneReport.Facts(
            epsilon, 1e-5, 12, accountant, unit, 400, seeded, perplexity, perplexity),
        Map.of("learning_rate", "0.01"));
    return Files.readString(file);
  }

  @Test
  void epsilonIsRoundedUp() throws IOException {
    assertTrue(page(7.99951, "pld", "record", false, 3).contains("(ε, δ) = (8.000, 1.0E-5)"));
    assertTrue(page(3.00001, "pld", "record", false, 3).contains("(ε, δ) = (3.001, 1.0E-5)"));
    assertTrue(page(0.123411, "pld", "record", false, 3).contains("(ε, δ) = (0.1235, 1.0E-5)"));
    String infinite = page(Double.POSITIVE_INFINITY, "pld", "record", false, 3);
    assertTrue(infinite.contains("(ε, δ) = (infinite, 1.0E-5)"), infinite);
  }

  @Test
  void namesTheUnitAndTheSettings() throws IOException {
    String page = page(3, "rdp", "patient_id", false, Double.NaN);
    assertTrue(page.contains("one value of patient_id with all its records"), page);
    assertTrue(page.contains("| learning_rate | 0.01 |"), page);
    assertTrue(page.contains("privacy units (400)"), page);
    assertFalse(page.contains("Perplexity"), "there was no public validation set");
    assertFalse(page.contains("None:"), page);
  }

  @Test
  void saysWhenThereIsNoGuarantee() throws IOException {
    assertTrue(
        page(3, "rdp", "record", true, 3).contains("**None: this run used a fixed test seed.**"));
    String open = page(Double.POSITIVE_INFINITY, null, "record", false, 3);
    assertTrue(open.contains("**No privacy.**"), open);
    assertFalse(open.contains("ε"), open);
  }
}
