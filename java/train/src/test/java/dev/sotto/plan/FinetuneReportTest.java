package dev.sotto.plan;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.accounting.Accountant;
import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.LmoEvent;
import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.fixtures.TinyModel;
import dev.sotto.noise.LmoNoise;
import dev.sotto.noise.NoiseLaw;
import dev.sotto.report.Markdown;
import dev.sotto.trainer.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FinetuneReportTest {
  private static final LmoNoise LAPLACE = LmoNoise.laplace(1);

  @TempDir static Path dir;

  @BeforeAll
  static void prepare() throws IOException {
    Path model = Files.createDirectory(dir.resolve("model"));
    Files.writeString(model.resolve("config.json"), TinyModel.llama(TinyModel.VOCABULARY));
    TinyModel.records(dir.resolve("train.csv"), 3);
  }

  private static NoisePlan plan(NoiseLaw.Kind kind, PrivacyEvent release) {
    return new NoisePlan(
        new NoisePlan.Sampling(400, 0.1, 12),
        kind,
        1,
        release,
        Optional.empty(),
        10,
        Optional.empty());
  }

  private static Account proven(String accountant) {
    return new Account.Proven(
        plan(NoiseLaw.Kind.GAUSSIAN, GaussianEvent.ofMultiplier(1)),
        Accountant.named(accountant),
        3,
        1e-5);
  }

  /** Of a law, with these standard deviations over the clip norm where it has one. */
  private static NoisePlan noisy(NoiseLaw.Kind kind, LmoNoise law, double... stddevs) {
    return plan(
        kind,
        new LmoEvent(
            law,
            Arrays.stream(stddevs)
                .mapToObj(stddev -> new LmoEvent.Group(1, 5, stddev / Math.sqrt(2)))
                .toList()));
  }

  private static FinetuneReport report(
      Account account, double epsilon, String column, boolean seeded, double perplexity) {
    FinetuneOptions options =
        FinetuneOptions.builder(dir.resolve("model"), dir.resolve("train.csv"))
            .output(dir.resolve("out"))
            .privacy(Privacy.epsilon(3))
            .set(DataOptions.PRIVACY_UNIT, Optional.ofNullable(column))
            .set(FinetuneOptions.INSECURE_TEST_SEED, seeded ? Optional.of(5L) : Optional.empty())
            .build();
    return new FinetuneReport(
        options,
        new FinetuneResult(
            account,
            new Outcome.Finished(0, 12),
            epsilon,
            new RunDirectory(dir.resolve("out")),
            Double.isNaN(perplexity)
                ? Optional.empty()
                : Optional.of(new Perplexity(perplexity, perplexity)),
            Optional.empty()));
  }

  private static String page(FinetuneReport report) {
    return Markdown.of(
        FinetunePage.of(report.options(), report.result(), Map.of("learning_rate", "0.01")));
  }

  private static String page(double epsilon) {
    return page(report(proven("pld"), epsilon, null, false, 3));
  }

  private static String page(Account account) {
    double epsilon = account instanceof Account.Proven ? 3 : Double.POSITIVE_INFINITY;
    return page(report(account, epsilon, null, false, Double.NaN));
  }

  @Test
  void epsilonIsRoundedUp() {
    assertTrue(page(7.99951).contains("(ε, δ) = (8, 1e-5)"));
    assertTrue(page(3.00001).contains("(ε, δ) = (3.001, 1e-5)"));
    assertTrue(page(0.123411).contains("(ε, δ) = (0.1235, 1e-5)"));
    String infinite = page(Double.POSITIVE_INFINITY);
    assertTrue(infinite.contains("(ε, δ) = (infinity, 1e-5)"), infinite);
  }

  @Test
  void namesTheUnitAndTheSettings() {
    String page = page(report(proven("rdp"), 3, "patient_id", false, Double.NaN));
    assertTrue(page.contains("one value of patient_id with all its records"), page);
    assertTrue(page.contains("| learning_rate | 0.01 |"), page);
    assertFalse(page.contains("400"), "how many records there are stands in the ledger alone");
    assertFalse(page.contains("Perplexity"), "there was no public validation set");
    assertFalse(page.contains("None:"), page);
  }

  private static String noisy(NoisePlan noise) {
    return page(new Account.Proven(noise, Accountant.pld(), 3, 1e-5));
  }

  @Test
  void describesNoiseThatIsNotGaussian() {
    String one = noisy(noisy(NoiseLaw.Kind.LAPLACE, LAPLACE, 1.25));
    assertTrue(one.contains("Mechanism: laplace;"), one);
    assertTrue(one.contains("standard deviation 1.25 times the clip norm"), one);
    assertTrue(one.contains("worst direction"), one);
    assertTrue(one.contains("(ε, δ) = (3, 1e-5)"), one);
    String several = noisy(noisy(NoiseLaw.Kind.LMO, LAPLACE, 0.5, 1.5));
    assertTrue(several.contains("Mechanism: lmo;"), several);
    assertTrue(several.contains("0.5 to 1.5 times the clip norm"), several);
    LmoNoise heavy =
        new LmoNoise(
            LmoNoise.Gamma.none(),
            new LmoNoise.Exponential(1, 1),
            LmoNoise.Uniform.none(),
            LmoNoise.TruncatedNormal.none());
    String endless = noisy(noisy(NoiseLaw.Kind.LMO, heavy, 1));
    assertTrue(endless.contains("no finite standard deviation"), endless);
    assertFalse(page(3).contains("Mechanism"));
  }

  @Test
  void statesNoEpsilonThatNobodyProved() {
    String page = page(new Account.PaperClaim(noisy(NoiseLaw.Kind.LMO, LAPLACE, 0.5), 3, 1e-5));
    assertTrue(page.contains("not a differential privacy guarantee"), page);
    assertFalse(page.contains("ε") || page.contains("(3"), page);
  }

  @Test
  void saysWhenThereIsNoGuarantee() {
    String seeded = page(report(proven("rdp"), 3, null, true, 3));
    assertTrue(seeded.contains("**None: this run used a fixed test seed.**"), seeded);
    String open = page(new Account.None());
    assertTrue(open.contains("**No privacy.**"), open);
    assertFalse(open.contains("ε"), open);
  }
}
