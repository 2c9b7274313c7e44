package dev.sotto.plan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.accounting.Accountant;
import dev.sotto.accounting.LmoEvent;
import dev.sotto.accounting.PoissonSampledEvent;
import dev.sotto.base.InputException;
import dev.sotto.checkpoint.SafetensorsFile;
import dev.sotto.ledger.LedgerContents;
import dev.sotto.ledger.LedgerReader;
import dev.sotto.noise.LmoNoise;
import dev.sotto.noise.NoiseLaw;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole runs under noise that is not Gaussian, soundly accounted for and not. */
class LmoRunTest {
  private static final String NO_GUARANTEE = "not a differential privacy guarantee";

  @TempDir Path dir;
  private Runs runs;

  @BeforeEach
  void prepare() {
    runs = Runs.in(dir);
  }

  @Test
  void flatLmoNoiseMeetsTheTarget() throws IOException {
    runs.privacy = Runs.privacy(NoiseChoice.lmo(Runs.LAW), false);
    LmoEvent release = meetsTheTarget("lmo");
    assertEquals(1, release.groups().size());
    assertEquals(1, release.law().fisherInformation(), 1e-9, "standardized");
    String settings = Files.readString(runs.output.resolve("settings.json"));
    assertTrue(settings.contains("\"uniform_high\" : \"8.0\""), settings);
    assertTrue(settings.contains("\"accounting\" : \"exact\""), settings);
    assertFalse(settings.contains(NO_GUARANTEE));
  }

  @Test
  void perAdapterLmoNoiseMeetsTheTarget() throws IOException {
    runs.privacy = Runs.privacy(NoiseChoice.lmo(Runs.LAW), true);
    LmoEvent release = meetsTheTarget("lmo");
    assertTrue(release.groups().size() > 1);
  }

  @Test
  void laplaceNoiseMeetsTheTarget() throws IOException {
    runs.privacy = Runs.privacy(NoiseChoice.laplace(), false);
    assertEquals(LmoNoise.laplace(1), meetsTheTarget("laplace").law());
  }

  private LmoEvent meetsTheTarget(String mechanism) throws IOException {
    List<Double> spent = new ArrayList<>();
    FinetuneResult result =
        runs.run(
            new FinetuneProgress() {
              @Override
              public void step(long step, long steps, double epsilon) {
                spent.add(epsilon);
              }
            });
    assertEquals(6, spent.size());
    LedgerContents ledger = LedgerReader.read(result.ledger());
    assertEquals(mechanism, ledger.header().noise().kind().word());
    double derived = ledger.epsilon(Accountant.rdp()).upper();
    assertEquals(derived, result.epsilon(), 1e-9 * derived);
    assertTrue(derived <= 8 && derived > 7.9, "calibrated: " + derived);
    assertTrue(result.account() instanceof Account.Proven);
    PoissonSampledEvent step = (PoissonSampledEvent) ledger.charges().get(0);
    assertEquals(ledger.header().noise().event(), step.event());
    String report = Files.readString(result.report());
    assertTrue(report.contains("Mechanism: " + mechanism + "; "), report);
    assertTrue(report.contains("times the clip norm") && report.contains("worst"), report);
    assertTrue(report.contains("(ε, δ) = ("), report);
    assertFalse(weights().metadata().containsKey("sotto_guarantee"));
    return (LmoEvent) step.event();
  }

  private SafetensorsFile weights() {
    return SafetensorsFile.open(runs.output.resolve("adapter_model.safetensors"));
  }

  @Test
  void theSameSeedGivesTheSameAdapter() throws IOException {
    runs.privacy = Runs.privacy(NoiseChoice.lmo(Runs.LAW), false);
    runs.testSeed = 5L;
    runs.run();
    float[] first = runs.weights();
    runs.output = dir.resolve("again");
    runs.threads = 2;
    runs.run();
    assertArrayEquals(first, runs.weights());
    runs.output = dir.resolve("gaussian");
    runs.privacy = Runs.privacy(NoiseChoice.gaussian(), false);
    runs.run();
    assertFalse(java.util.Arrays.equals(first, runs.weights()));
  }

  @Test
  void whatPaperAccountingMakesSaysThatItIsNoGuarantee() throws IOException {
    runs.privacy = Runs.privacy(NoiseChoice.paper(Runs.LAW), false);
    List<Account> accounts = new ArrayList<>();
    List<Double> spent = new ArrayList<>();
    FinetuneResult result =
        runs.run(
            new FinetuneProgress() {
              @Override
              public void planned(FinetuneSummary summary, Account account) {
                accounts.add(account);
              }

              @Override
              public void step(long step, long steps, double epsilon) {
                spent.add(epsilon);
              }
            });
    Account.PaperClaim claim = (Account.PaperClaim) accounts.get(0);
    assertEquals(8, claim.claimedEpsilon());
    assertEquals(claim, result.account());
    assertEquals(Double.POSITIVE_INFINITY, result.epsilon());
    assertTrue(spent.stream().allMatch(epsilon -> epsilon == Double.POSITIVE_INFINITY));
    assertEquals("paper", claim.accountantName());
    for (String name : List.of("settings.json", "report.md", "ledger.jsonl")) {
      String text = Files.readString(runs.output.resolve(name));
      assertTrue(text.contains(NO_GUARANTEE), name + ": " + text);
    }
    try (SafetensorsFile weights = weights()) {
      assertEquals(NO_GUARANTEE, weights.metadata().get("sotto_guarantee"));
      assertEquals("pt", weights.metadata().get("format"));
    }
    String report = Files.readString(result.report());
    assertFalse(report.contains("ε") || report.contains("| epsilon |"), report);
    LedgerContents ledger = LedgerReader.read(result.ledger());
    assertEquals("paper", ledger.header().target().accountant());
    assertEquals(6, ledger.committed());
    assertThrows(UnsupportedOperationException.class, () -> ledger.epsilon(Accountant.rdp()));
    // What the sound account would have asked for is more noise.
    runs.output = dir.resolve("exact");
    runs.privacy = Runs.privacy(NoiseChoice.lmo(Runs.LAW), false);
    double sound = LedgerReader.read(runs.run().ledger()).header().noise().multiplier();
    assertTrue(ledger.header().noise().multiplier() < sound, "claimed with too little noise");
  }

  @Test
  void resumeRefusesAChangedLawAndNamesTheField() throws IOException {
    for (boolean paper : new boolean[] {false, true}) {
      runs.output = dir.resolve("out" + paper);
      runs.resume = false;
      runs.privacy = Runs.privacy(choice(Runs.LAW, paper), false);
      runs.run();
      runs.resume = true;
      assertEquals(6, runs.run().steps());
      LmoNoise other =
          new LmoNoise(
              new LmoNoise.Gamma(0.1, 2, 1.01),
              Runs.LAW.exponential(),
              Runs.LAW.uniform(),
              Runs.LAW.truncatedNormal());
      runs.privacy = Runs.privacy(choice(other, paper), false);
      refused("gamma_scale = 1.0", "1.01");
      runs.privacy = Runs.privacy(choice(Runs.LAW, !paper), false);
      refused("accounting = " + (paper ? "paper" : "exact"));
      runs.privacy = Runs.privacy(NoiseChoice.laplace(), false);
      refused("privacy = lmo", "laplace");
    }
  }

  private static NoiseChoice choice(LmoNoise law, boolean paper) {
    return paper ? NoiseChoice.paper(law) : NoiseChoice.lmo(law);
  }

  /** Settings may be edited by hand; the ledger still knows the law. */
  @Test
  void theLedgerKnowsTheLawAsWell() throws IOException {
    runs.privacy = Runs.privacy(NoiseChoice.laplace(), false);
    runs.run();
    Path settings = runs.output.resolve("settings.json");
    runs.output = dir.resolve("gaussian");
    runs.privacy = Runs.privacy(NoiseChoice.gaussian(), false);
    runs.run();
    Files.copy(
        runs.output.resolve("settings.json"),
        settings,
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    runs.output = dir.resolve("out");
    runs.resume = true;
    refused("the ledger promised mechanism = \"laplace\"");
  }

  private void refused(String... words) {
    String message = assertThrows(InputException.class, runs::run).getMessage();
    for (String word : words) {
      assertTrue(message.contains(word), message);
    }
  }

  @Test
  void whatCannotBeDrawnOrReachedLeavesNothingBehind() {
    LmoNoise heavy =
        new LmoNoise(
            new LmoNoise.Gamma(1, 0.4, 1),
            LmoNoise.Exponential.none(),
            LmoNoise.Uniform.none(),
            LmoNoise.TruncatedNormal.none());
    List<Privacy> bad =
        List.of(
            Runs.privacy(NoiseChoice.lmo(heavy), false),
            Runs.privacy(NoiseChoice.paper(heavy), false),
            Privacy.epsilon(1e-6)
                .with(Privacy.DELTA, 1e-30)
                .with(Privacy.ACCOUNTANT, "rdp")
                .withNoise(NoiseChoice.paper(Runs.LAW)));
    for (Privacy privacy : bad) {
      runs.privacy = privacy;
      RuntimeException e = assertThrows(InputException.class, runs::run);
      assertEquals(1, e.getMessage().lines().count(), e.getMessage());
      assertFalse(Files.exists(runs.output));
    }
  }

  @Test
  void mechanismLawAndAccountMustGoTogether() {
    assertThrows(InputException.class, () -> new NoiseChoice(NoiseLaw.GAUSSIAN, true));
    assertThrows(InputException.class, () -> new NoiseChoice(NoiseLaw.LAPLACE, true));
    assertThrows(IllegalArgumentException.class, () -> new NoiseLaw.Laplace(Runs.LAW));
  }
}
