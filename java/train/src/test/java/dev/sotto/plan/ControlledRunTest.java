package dev.sotto.plan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.accounting.Accountant;
import dev.sotto.accounting.FilterAccountant;
import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.PoissonSampledEvent;
import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.base.InputException;
import dev.sotto.control.Controllers;
import dev.sotto.fixtures.TinyModel;
import dev.sotto.ledger.LedgerContents;
import dev.sotto.ledger.LedgerHeader;
import dev.sotto.ledger.LedgerReader;
import dev.sotto.model.LoraOptions;
import dev.sotto.settings.Values;
import dev.sotto.trainer.ControlRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.commons.codec.digest.DigestUtils;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole runs that a controller steers: what they cost, leave behind, and refuse. */
class ControlledRunTest {
  private static final int INTERVAL = 2;
  private static final double EPSILON = 8;

  @TempDir Path dir;
  private Runs runs;

  @BeforeEach
  void prepare() {
    runs = Runs.in(dir);
    runs.privacy = Privacy.epsilon(EPSILON).with(Privacy.DELTA, 1e-5);
    runs.validation = TinyModel.publicRecords(dir.resolve("public.csv"), 5);
  }

  static List<String> controllers() {
    return Controllers.names();
  }

  private static Values control(String name, boolean adaptNoise, Path from) {
    return Runs.control(name, INTERVAL)
        .with(ControlOptions.ADAPT_NOISE, adaptNoise)
        .with(ControlOptions.CONTROLLER_FROM, Optional.ofNullable(from));
  }

  @ParameterizedTest
  @MethodSource("controllers")
  void everyControllerKeepsThePromiseOfTheTightAccount(String name) {
    runs.control = control(name, false, null);
    FinetuneResult result = runs.run();

    LedgerContents ledger = LedgerReader.read(result.ledger());
    double derived = ledger.epsilon(Accountant.pld()).upper();
    assertTrue(derived <= EPSILON && derived > 0.99 * EPSILON, name + " spent " + derived);
    assertTrue(result.epsilon() <= EPSILON);
    assertEquals(6, ledger.committed());
    assertEquals(name, ledger.header().control().name());
    assertNull(ledger.header().control().filterOrder());
    boolean pays = ledger.header().control().statisticsStddev() != null;
    for (PrivacyEvent charge : ledger.charges()) {
      GaussianEvent event = (GaussianEvent) ((PoissonSampledEvent) charge).event();
      assertEquals(ledger.header().noise().multiplier(), event.noiseMultiplier(), 1e-9);
    }

    List<ControlRecord> trajectory = trajectory();
    assertEquals(List.of(2L, 4L, 6L), trajectory.stream().map(ControlRecord::step).toList());
    for (ControlRecord record : trajectory) {
      assertEquals(pays, record.statistics().clipFractions() != null);
      assertEquals(pays, record.statistics().loss() != null);
      assertTrue(record.validationPerplexity() > 1);
      assertTrue(record.epsilon() <= EPSILON);
    }
    assertEquals(
        result.perplexity().orElseThrow().after(),
        trajectory.get(2).validationPerplexity(),
        1e-9,
        "same weights");
  }

  @Test
  void clipNormsCanStartFromPublicGradients() {
    runs.control = control("public-static", false, null);
    runs.run();
    double[] ofPublicStatic = trajectory().get(0).chosen().clipNorms();
    fresh("second");
    runs.control =
        Runs.control("rldp", INTERVAL)
            .with(ControlOptions.CLIP_BASE, ControlOptions.ClipBase.PUBLIC);
    runs.run();
    assertArrayEquals(ofPublicStatic, trajectory().get(0).chosen().clipNorms(), 1e-12);
    fresh("third");
    runs.validation = null;
    refused("--clip-base public", "--public-data or --validation");
  }

  @Test
  void onlyWhoReadsStatisticsPaysForThem() {
    runs.control = control("constant", false, null);
    assertNull(header().statisticsStddev());
    fresh("second");
    runs.control = control("quantile", false, null);
    assertNotNull(header().statisticsStddev());
  }

  @ParameterizedTest
  @ValueSource(strings = {"rldp", "random"})
  void adaptedNoiseIsAccountedForByTheFilterAlone(String name) {
    runs.control = control(name, true, null);
    runs.steps = 12;
    List<Long> spent = new ArrayList<>();
    FinetuneResult result =
        runs.run(
            new FinetuneProgress() {
              @Override
              public void budgetSpent(long step, long steps) {
                assertEquals(12, steps);
                spent.add(step);
              }
            });
    assertEquals(result.steps() < 12 ? List.of(result.steps()) : List.of(), spent);

    LedgerContents ledger = LedgerReader.read(result.ledger());
    double order = ledger.header().control().filterOrder();
    double charged =
        new FilterAccountant(order).epsilonUpper(ledger.event().orElseThrow(), result.delta());
    assertTrue(charged <= EPSILON, "charged " + charged);
    assertEquals(EPSILON, ledger.epsilon(new FilterAccountant(order)).upper(), "the promise");
    assertEquals(EPSILON, result.epsilon(), "what was charged is no epsilon");
    trajectory().forEach(record -> assertEquals(EPSILON, record.epsilon()));
    assertThrows(UnsupportedOperationException.class, () -> ledger.epsilon(Accountant.pld()));
    Set<Double> multipliers = new HashSet<>();
    for (PrivacyEvent charge : ledger.charges()) {
      GaussianEvent event = (GaussianEvent) ((PoissonSampledEvent) charge).event();
      multipliers.add((double) (float) event.noiseMultiplier());
      assertTrue(event.noiseMultiplier() >= ledger.header().noise().multiplier() * (1 - 1e-9));
    }
    assertTrue(multipliers.size() > 1, "the noise was adapted");
  }

  @Test
  void aTornLineDoesNotKeepARunThatAdaptsItsNoiseFromGoingOn() throws IOException {
    runs.control = control("random", true, null);
    runs.steps = 40;
    FinetuneResult result = runs.run();
    assertTrue(result.steps() < 40, "the budget is spent, so the filter admits no step more");
    Path ledger = result.ledger();
    Files.writeString(ledger, "{\"line\":", StandardOpenOption.APPEND);
    LedgerContents torn = LedgerReader.read(ledger);
    double order = torn.header().control().filterOrder();
    double charged =
        new FilterAccountant(order).epsilonUpper(torn.event().orElseThrow(), result.delta());
    assertTrue(charged <= EPSILON, "charged " + charged);
    runs.resume = true;
    FinetuneResult resumed = runs.run();
    assertEquals(torn.chargedSteps(), resumed.steps());
    assertEquals(2, LedgerReader.read(ledger).releases().size());
  }

  @ParameterizedTest
  @ValueSource(strings = {"rldp", "rldp-ppo", "quantile", "random"})
  void anInterruptedRunGoesOnAndChargesEachStepOnce(String name) throws IOException {
    runs.control = control(name, name.equals("random"), null);
    runs.steps = 10;
    runs.checkpointEvery = 2;
    assertThrows(Interruption.class, () -> runs.run(interruptAfter(3)));
    runs.resume = true;
    FinetuneResult result = runs.run();

    LedgerContents ledger = LedgerReader.read(result.ledger());
    assertTrue(ledger.chargedSteps() <= 10 && ledger.chargedSteps() > 3);
    assertEquals(1, ledger.resumes());
    assertTrue(result.epsilon() <= EPSILON);
    try (Stream<Path> files = Files.list(runs.output.resolve("private"))) {
      assertEquals(
          List.of("controller_state-" + ledger.chargedSteps() + ".json"),
          files
              .map(file -> file.getFileName().toString())
              .filter(file -> file.startsWith("controller_state"))
              .toList());
    }
  }

  @Test
  void aSeededRunRepeatsToTheBit() {
    runs.testSeed = 4L;
    runs.control = control("rldp", false, null);
    runs.run();
    List<ControlRecord> first = trajectory();
    fresh("again");
    runs.run();
    List<ControlRecord> second = trajectory();
    for (int i = 0; i < first.size(); i++) {
      assertArrayEquals(first.get(i).chosen().clipNorms(), second.get(i).chosen().clipNorms());
      assertEquals(first.get(i).validationPerplexity(), second.get(i).validationPerplexity());
    }
  }

  @Test
  void aPolicyOfAnotherRunIsNamedInTheLedger() throws IOException {
    runs.control = control("rldp", false, null);
    runs.run();
    Path policy = new RunDirectory(runs.output).policy();
    assertNull(header(runs.output).startedFrom());
    fresh("second");
    runs.control = control("rldp", false, policy);
    runs.run();

    assertEquals(
        DigestUtils.sha256Hex(Files.readAllBytes(policy)), header(runs.output).startedFrom());
  }

  @Test
  void aPolicyOfAnotherShapeIsRefused() {
    runs.control = control("rldp", false, null);
    runs.run();
    Path policy = new RunDirectory(runs.output).policy();
    fresh("second");
    runs.lora = new LoraOptions(2, 4, List.of("q_proj"));
    runs.control = control("rldp", false, policy);
    refused(policy.getFileName().toString(), "wanted");
    runs.lora = new LoraOptions(2, 4, List.of());
    runs.control = control("rldp-ppo", false, policy);
    refused(policy.getFileName().toString(), "wanted");
    runs.control = control("constant", false, policy);
    refused("constant");
  }

  @Test
  void badSettingsLeaveNothingBehind() {
    String unknown =
        assertThrows(InputException.class, () -> control("sarsa", false, null)).getMessage();
    assertTrue(unknown.contains("'sarsa' is unknown") && unknown.contains("rldp"), unknown);
    runs.control = control("constant", true, null);
    refused("does not adapt the noise");
    runs.control = Runs.control("rldp", 7);
    refused("interval of 7 steps is longer than the run of 6", "--control-interval");
    runs.control = control("rldp", false, dir.resolve("nowhere.json"));
    refused("nowhere.json");
    runs.control = control("public-static", false, null);
    runs.validation = null;
    refused("--public-data or --validation");
  }

  private RuntimeException refused(String... words) {
    RuntimeException refusal = assertThrows(RuntimeException.class, runs::run);
    assertTrue(refusal instanceof InputException, () -> "an internal failure: " + refusal);
    for (String word : words) {
      assertTrue(refusal.getMessage().contains(word), refusal.getMessage());
    }
    assertFalse(Files.exists(runs.output), "nothing is left behind");
    return refusal;
  }

  private void fresh(String name) {
    runs.output = dir.resolve(name);
  }

  private LedgerHeader.Control header() {
    runs.run();
    return header(runs.output);
  }

  private static LedgerHeader.Control header(Path output) {
    return LedgerReader.read(new RunDirectory(output).ledger()).header().control();
  }

  private List<ControlRecord> trajectory() {
    return TrajectoryFile.read(new RunDirectory(runs.output).trajectory());
  }

  private static final class Interruption extends RuntimeException {}

  private static FinetuneProgress interruptAfter(long last) {
    return new FinetuneProgress() {
      @Override
      public void step(long step, long steps, double epsilon) {
        if (step == last) {
          throw new Interruption();
        }
      }
    };
  }
}
