package dev.sotto.plan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sotto.accounting.Accountant;
import dev.sotto.accounting.NoiseAllocation;
import dev.sotto.base.InputException;
import dev.sotto.checkpoint.SafetensorsFile;
import dev.sotto.fixtures.TinyModel;
import dev.sotto.ledger.LedgerContents;
import dev.sotto.ledger.LedgerHeader;
import dev.sotto.ledger.LedgerReader;
import dev.sotto.ledger.ReleasedAdapter;
import dev.sotto.model.LoraOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.commons.codec.digest.DigestUtils;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Whole runs on a tiny model: what they leave behind, and that bad input leaves nothing. */
class FinetuneRunTest {
  @TempDir Path dir;
  private Runs runs;

  @BeforeEach
  void prepare() {
    runs = Runs.in(dir);
  }

  @Test
  void aPrivateRunLeavesAdapterLedgerReportAndState() throws IOException {
    runs.validation = TinyModel.publicRecords(dir.resolve("public.csv"), 5);
    List<Double> spent = new ArrayList<>();
    FinetuneResult result =
        runs.run(
            new FinetuneProgress() {
              @Override
              public void step(long step, long steps, double epsilon) {
                assertEquals(6, steps);
                spent.add(epsilon);
                assertEquals(spent.size(), step);
              }
            });
    assertEquals(
        Set.of(
            "adapter_config.json",
            "sotto.json",
            "adapter_model.safetensors",
            "ledger.jsonl",
            "run.json",
            "ledger.head",
            ".ledger.jsonl.lock",
            "private",
            "report.md",
            "report.html",
            "README.md",
            "settings.json"),
        names(runs.output));
    LedgerContents ledger = LedgerReader.read(result.ledger());
    assertEquals(6, result.steps());
    assertEquals(6, ledger.chargedSteps());
    assertEquals(6, ledger.committed());
    assertEquals(Runs.RECORDS, ledger.header().neighbours().units());
    assertEquals(8.0 / Runs.RECORDS, ledger.header().sampling().probability());
    assertFalse(ledger.header().seeded());
    double derived = ledger.epsilon(Accountant.rdp()).upper();
    assertEquals(derived, result.epsilon(), 1e-9 * derived);
    assertTrue(derived <= 8 && derived > 7.9, "calibrated: " + derived);
    assertEquals(6, spent.size());
    assertEquals(result.epsilon(), spent.get(5), 1e-12);
    assertTrue(spent.get(0) > 0 && spent.get(0) < spent.get(5));
    Perplexity perplexity = result.perplexity().orElseThrow();
    assertTrue(perplexity.before() > 1 && perplexity.after() > 1);
    String report = Files.readString(result.report());
    assertTrue(report.contains("(ε, δ) = (") && report.contains(", 1e-5) after 6 steps"), report);
    assertTrue(report.contains("before,"), report);
    assertFalse(report.contains("No privacy") || report.contains("None:"), report);
    assertTrue(statedEpsilon(report) >= result.epsilon(), "never less than was spent");
    JsonNode config =
        new ObjectMapper().readTree(runs.output.resolve("adapter_config.json").toFile());
    assertEquals("LORA", config.get("peft_type").asText());
    assertEquals(2, config.get("r").asInt());
  }

  private static double statedEpsilon(String report) {
    int from = report.indexOf("(ε, δ) = (") + "(ε, δ) = (".length();
    return Double.parseDouble(report.substring(from, report.indexOf(',', from)));
  }

  @Test
  void perAdapterClippingMeetsTheSameTarget() {
    runs.privacy =
        Privacy.epsilon(3)
            .with(Privacy.ACCOUNTANT, "rdp")
            .with(Privacy.CLIPPING, Privacy.ClippingKind.PER_ADAPTER)
            .with(Privacy.CLIP_NORM, 0.5)
            .with(Privacy.NOISE_ALLOCATION, NoiseAllocation.MINIMUM_VARIANCE);
    FinetuneResult result = runs.run();
    assertEquals(1e-5, result.delta(), "the default is the smaller of 1e-5 and 1/(10N)");
    double derived = LedgerReader.read(result.ledger()).epsilon(Accountant.rdp()).upper();
    assertTrue(derived <= 3 && derived > 2.9, "derived " + derived);
  }

  @Test
  void aRunWithoutPrivacySaysSo() throws IOException {
    runs.privacy = null;
    FinetuneResult result = runs.run();
    assertEquals(Double.POSITIVE_INFINITY, result.epsilon());
    assertEquals(1, result.delta());
    assertFalse(names(runs.output).contains("ledger.jsonl"));
    String report = Files.readString(result.report());
    assertTrue(report.contains("**No privacy.**"), report);
    assertFalse(report.contains("(ε, δ)"), report);
  }

  @Test
  void aTestSeedIsConfessedAndRepeats() throws IOException {
    runs.testSeed = 5L;
    runs.run();
    float[] first = runs.weights();
    assertTrue(Files.readString(runs.output.resolve("report.md")).contains("fixed test seed"));
    assertTrue(LedgerReader.read(runs.output.resolve("ledger.jsonl")).header().seeded());
    runs.output = dir.resolve("again");
    runs.threads = 2;
    runs.run();
    assertArrayEquals(first, runs.weights(), "same seed, other thread count");
    runs.output = dir.resolve("unseeded");
    runs.testSeed = null;
    runs.run();
    assertFalse(Arrays.equals(first, runs.weights()));
  }

  /**
   * Whatever the run knew exactly — records, losses — is in no file it wrote and in no progress it
   * reported.
   */
  @Test
  void nothingExactAboutTheRecordsReachesAFile() throws IOException {
    runs.privacy = Privacy.epsilon(20).with(Privacy.DELTA, 1e-5).with(Privacy.ACCOUNTANT, "rdp");
    runs.unsafe = true;
    runs.batchSize = Runs.RECORDS;
    String secret = "zyxwvq";
    Files.writeString(runs.train, Files.readString(runs.train) + "the " + secret + " was seen\n");
    List<Double> losses = new ArrayList<>();
    runs.run(
        new FinetuneProgress() {
          @Override
          public void unsafeLoss(long step, OptionalDouble natsPerToken) {
            losses.add(natsPerToken.orElseThrow());
          }
        });
    assertTrue(losses.size() >= 6, "the losses were there to be leaked");
    Set<String> forbidden = new HashSet<>(List.of(secret));
    Files.readAllLines(runs.train).stream()
        .skip(1)
        .filter(r -> r.contains(" "))
        .forEach(forbidden::add);
    for (double loss : losses) {
      for (String digits : List.of(Double.toString(loss), Float.toString((float) loss))) {
        if (digits.length() >= 6) {
          forbidden.add(digits.substring(0, 6));
        }
      }
    }
    List<Path> files;
    try (Stream<Path> all = Files.walk(runs.output)) {
      files = all.filter(Files::isRegularFile).toList();
    }
    assertTrue(files.size() > 8, files.toString());
    for (Path file : files) {
      String text = Files.readString(file, StandardCharsets.ISO_8859_1);
      for (String word : forbidden) {
        assertFalse(text.contains(word), file + " contains '" + word + "'");
      }
    }
  }

  @Test
  void badInputLeavesNothingBehind() throws IOException {
    refused("exceeds the model's 32 positions", () -> runs.maxLength = 33);
    refused("--max-length 1 is not a whole number of at least 2", () -> runs.maxLength = 1);
    refused("exceeds the 40 privacy units", () -> runs.batchSize = 41);
    refused("not below 1/N", () -> runs.privacy = target(8, 1.0 / Runs.RECORDS));
    refused("c_attn", () -> runs.lora = new LoraOptions(2, 4, List.of("c_attn")));
    refused("--learning-rate", () -> runs.learningRate = -1);
    refused("--accountant 'none' is unknown", () -> runs.privacy = accountant("none"));
    refused("no_such.csv", () -> runs.train = dir.resolve("no_such.csv"));
    refused("no_model", () -> runs.model = dir.resolve("no_model"));
    refused("public.csv", () -> runs.validation = dir.resolve("public.csv"));
    Files.writeString(dir.resolve("empty.csv"), "text\n");
    refused("empty.csv", () -> runs.train = dir.resolve("empty.csv"));
    Files.writeString(dir.resolve("other.csv"), "words\nthe patient\n");
    refused("text", () -> runs.train = dir.resolve("other.csv"));
    refused("no run to resume", () -> runs.resume = true);
    runs.output = runs.train.resolve("below-a-file");
    assertRefused("below-a-file");
  }

  private static Privacy target(double epsilon, double delta) {
    return Privacy.epsilon(epsilon).with(Privacy.DELTA, delta).with(Privacy.ACCOUNTANT, "rdp");
  }

  private static Privacy accountant(String name) {
    return Privacy.epsilon(8).with(Privacy.ACCOUNTANT, name);
  }

  private void refused(String part, Runnable change) {
    Runs good = runs;
    runs = new Runs();
    runs.model = good.model;
    runs.train = good.train;
    runs.output = good.output;
    Runs changed = runs;
    assertRefused(
        part,
        () -> {
          change.run();
          changed.run();
        });
    assertFalse(Files.exists(runs.output), part + ": the output was made");
    runs = good;
  }

  private void assertRefused(String part) {
    assertRefused(part, runs::run);
  }

  private static void assertRefused(String part, Executable run) {
    RuntimeException e = assertThrows(RuntimeException.class, run, part);
    assertTrue(e instanceof InputException, e.toString());
    assertTrue(e.getMessage().contains(part), e.getMessage());
    assertEquals(1, e.getMessage().lines().count(), e.getMessage());
    assertFalse(e.getMessage().contains("patient"), "quotes a record: " + e.getMessage());
  }

  @Test
  void anOutputThatHoldsSomethingIsNotTouched() throws IOException {
    Files.createDirectories(runs.output);
    Files.writeString(runs.output.resolve("thesis.txt"), "ten years of work");
    assertRefused("not empty");
    assertEquals(Set.of("thesis.txt"), names(runs.output));
    Files.delete(runs.output.resolve("thesis.txt"));
    Files.delete(runs.output);
    Files.writeString(runs.output, "a file");
    assertRefused("is a file");
    assertEquals("a file", Files.readString(runs.output));
  }

  @Test
  void absurdTargetsAreRefused() {
    for (double epsilon : new double[] {0, -1, 101, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThrows(InputException.class, () -> target(epsilon, 1e-5));
    }
    for (double delta : new double[] {-1e-9, 1, 2, Double.NaN}) {
      assertThrows(InputException.class, () -> target(8, delta));
    }
  }

  @Test
  void adapterAndLedgerNameEachOther() throws IOException {
    FinetuneResult result = runs.run();
    LedgerContents ledger = LedgerReader.read(result.ledger());
    Path weights = runs.output.resolve(LedgerContents.ADAPTER);
    try (SafetensorsFile file = SafetensorsFile.open(weights)) {
      assertEquals(ledger.runId(), file.metadata().get(ReleasedAdapter.RUN));
      assertEquals(ledger.nonces().get(0), file.metadata().get(ReleasedAdapter.NONCE));
    }
    assertEquals(1, ledger.releases().size());
    for (String name : List.of("adapter_model.safetensors", "adapter_config.json")) {
      assertEquals(sha256(runs.output.resolve(name)), ledger.releases().get(0).get(name), name);
    }
    LedgerHeader.Inputs inputs = ledger.header().inputs();
    assertEquals(sha256(runs.output.resolve("settings.json")), inputs.settings());
    String line = sha256(runs.model.resolve("model.safetensors")) + "  model.safetensors\n";
    assertEquals(DigestUtils.sha256Hex(line), inputs.baseModel());
    assertNull(inputs.startingAdapter());
  }

  @Test
  void whatIsNotReleasedLiesApartForItsOwnerAlone() throws IOException {
    runs.run();
    Path apart = runs.output.resolve("private");
    assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(apart)));
    assertEquals(Set.of("data.json", "training_state.safetensors"), names(apart));
    for (String name : names(apart)) {
      assertEquals(
          "rw-------",
          PosixFilePermissions.toString(Files.getPosixFilePermissions(apart.resolve(name))),
          name);
    }
    String plain = sha256(runs.train);
    for (String name : names(runs.output)) {
      if (!name.equals("private")) {
        String text = Files.readString(runs.output.resolve(name), StandardCharsets.ISO_8859_1);
        assertFalse(text.contains(plain), name + " confirms a guess of the private file");
      }
    }
    assertFalse(Files.readString(apart.resolve("data.json")).contains(plain));
    Path first = Files.move(apart.resolve("data.json"), dir.resolve("first.json"));
    runs.output = dir.resolve("second");
    runs.run();
    String second = Files.readString(runs.output.resolve("private").resolve("data.json"));
    assertFalse(second.contains(Files.readString(first).split("\"")[7]), "the key is fresh");
  }

  private static String sha256(Path file) throws IOException {
    return DigestUtils.sha256Hex(Files.readAllBytes(file));
  }

  private static Set<String> names(Path directory) throws IOException {
    Set<String> names = new TreeSet<>();
    try (Stream<Path> files = Files.list(directory)) {
      files.forEach(file -> names.add(file.getFileName().toString()));
    }
    return names;
  }
}
