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
            epsilon, 1e-5, 12, accountant, null, null, unit, 400, seeded, perplexity, perplexity),
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

  private String noisy(FinetuneReport.Noise noise) throws IOException {
    Path file = dir.resolve("noisy.md");
    FinetuneReport.write(
        file,
        new FinetuneReport.Facts(
            noise.proven() ? 3 : Double.POSITIVE_INFINITY,
            1e-5,
            12,
            noise.proven() ? "pld" : "paper",
            null,
            noise,
            "record",
            400,
            false,
            Double.NaN,
            Double.NaN),
        Map.of());
    return Files.readString(file);
  }

  @Test
  void describesNoiseThatIsNotGaussian() throws IOException {
    String one = noisy(new FinetuneReport.Noise("laplace", 1.25, 1.25, true));
    assertTrue(one.contains("Mechanism: laplace;"), one);
    assertTrue(one.contains("standard deviation 1.250 times the clip norm"), one);
    assertTrue(one.contains("worst direction"), one);
    assertTrue(one.contains("(ε, δ) = (3, 1.0E-5)"), one);
    String several = noisy(new FinetuneReport.Noise("lmo", 0.5, 1.5, true));
    assertTrue(several.contains("Mechanism: lmo;"), several);
    assertTrue(several.contains("0.5000 to 1.500 times the clip norm"), several);
    double none = Double.POSITIVE_INFINITY;
    String endless = noisy(new FinetuneReport.Noise("lmo", none, none, true));
    assertTrue(endless.contains("no finite standard deviation"), endless);
    assertFalse(page(3, "rdp", "record", false, 3).contains("Mechanism"));
  }

  @Test
  void statesNoEpsilonThatNobodyProved() throws IOException {
    String page = noisy(new FinetuneReport.Noise("lmo", 0.5, 0.5, false));
    assertTrue(page.contains("not a differential privacy guarantee"), page);
    assertFalse(page.contains("ε") || page.contains("(3"), page);
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
