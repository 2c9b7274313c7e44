package dev.sotto.plan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.base.InputException;
import dev.sotto.ledger.LedgerContents;
import dev.sotto.ledger.LedgerReader;
import dev.sotto.model.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** How a run goes on that was stopped: with what it was begun with, and each step charged once. */
class FinetuneResumeTest {
  @TempDir Path dir;
  private Runs runs;

  @BeforeEach
  void prepare() {
    runs = Runs.in(dir);
  }

  @Test
  void resumeRefusesOtherSettingsAndNamesThem() {
    runs.run();
    runs.resume = true;
    runs.learningRate = 0.02;
    assertRefused("learning_rate = 0.01");
    runs.learningRate = 0.01;
    runs.steps = 7;
    assertRefused("steps = 6");
    runs.steps = 6;
    runs.precision = Precision.BF16;
    assertRefused("precision = f32");
    runs.precision = Precision.F32; // the default, named
    runs.testSeed = 1L;
    assertRefused("seeded = false");
  }

  @Test
  void trainsOnWeightsInBf16AndRemembersIt() throws IOException {
    runs.precision = Precision.BF16;
    FinetuneResult first = runs.run();
    assertTrue(Files.readString(runs.output.resolve("settings.json")).contains("\"bf16\""));
    runs.resume = true;
    assertEquals(first.epsilon(), runs.run().epsilon());
    runs.precision = null;
    assertRefused("precision = bf16");
  }

  @Test
  void aFinishedRunResumesToTheSameAdapterAtNoCost() throws IOException {
    runs.run();
    float[] before = runs.weights();
    runs.resume = true;
    FinetuneResult again = runs.run();
    assertEquals(6, again.steps());
    assertArrayEquals(before, runs.weights());
    LedgerContents ledger = LedgerReader.read(again.ledger());
    assertEquals(1, ledger.resumes());
    assertEquals(2, ledger.releases().size());
  }

  @Test
  void otherWeightsOfTheBaseModelAreRefusedOnResume() throws IOException {
    stopAfter(3);
    Path weights = runs.model.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    bytes[bytes.length - 1] ^= 1;
    Files.write(weights, bytes);
    runs.resume = true;
    assertRefused("other bytes of the base model's weights");
  }

  @Test
  void anotherDescriptionOfTheBaseModelIsRefusedOnResume() throws IOException {
    stopAfter(1);
    Path config = runs.model.resolve("config.json");
    String text = Files.readString(config);
    Files.writeString(config, text + "\n");
    runs.resume = true;
    assertRefused("model_description");
    Files.writeString(config, text);
    assertEquals(6, runs.run().steps());
  }

  @Test
  void aRunGoesOnWithTheRecordsItWasBegunWithOnly() throws IOException {
    stopAfter(3);
    String records = Files.readString(runs.train);
    // The same length and number of units: nothing but the bytes tells them apart.
    String word = "patient";
    assertTrue(records.contains(word));
    Files.writeString(runs.train, records.replaceFirst(word, "tneitap"));
    long charged = LedgerReader.read(runs.output.resolve("ledger.jsonl")).chargedSteps();
    runs.resume = true;
    assertRefused("holds other bytes than when the run was begun");
    assertEquals(charged, LedgerReader.read(runs.output.resolve("ledger.jsonl")).chargedSteps());
    Files.writeString(runs.train, records);
    Path digest = runs.output.resolve("private").resolve("data.json");
    byte[] good = Files.readAllBytes(digest);
    Files.writeString(digest, "{\"key\": \"00\"}");
    assertRefused("is damaged");
    Files.delete(digest);
    assertRefused("put back the run's private directory");
    Files.write(digest, good);
    assertEquals(6, runs.run().steps());
  }

  @Test
  void anInterruptedRunGoesOnAndPaysForWhatItLost() {
    stopAfter(5);
    assertEquals(5, LedgerReader.read(runs.output.resolve("ledger.jsonl")).chargedSteps());
    runs.resume = true;
    List<Long> steps = new ArrayList<>();
    FinetuneResult result =
        runs.run(
            new FinetuneProgress() {
              @Override
              public void step(long step, long planned, double epsilon) {
                steps.add(step);
              }
            });
    assertEquals(List.of(6L), steps, "no step is charged or drawn twice");
    assertEquals(6, result.steps());
    assertTrue(Files.exists(result.adapter().resolve("adapter_model.safetensors")));
  }

  private void stopAfter(long last) {
    Executable interrupted =
        () ->
            runs.run(
                new FinetuneProgress() {
                  @Override
                  public void step(long step, long steps, double epsilon) {
                    if (step == last) {
                      throw new IllegalStateException("pulled the plug");
                    }
                  }
                });
    assertThrows(IllegalStateException.class, interrupted);
  }

  @Test
  void anOlderLedgerOrNoneIsNotAcceptedForANewerState() throws IOException {
    Path ledger = runs.output.resolve("ledger.jsonl");
    Path head = runs.output.resolve("ledger.head");
    stopAfter(1);
    byte[] oldLedger = Files.readAllBytes(ledger);
    byte[] oldHead = Files.readAllBytes(head);
    runs.resume = true;
    runs.run();
    Files.write(ledger, oldLedger);
    Files.write(head, oldHead);
    assertRefused("reflects 6 steps, but the ledger has charged only 1");
    Files.delete(ledger);
    Files.delete(head);
    assertRefused("no such ledger");
  }

  @Test
  void aRunKilledBeforeItsLedgerBeginsIt() throws IOException {
    stopAfter(1);
    deleteAllButSettings();
    runs.resume = true;
    assertEquals(6, runs.run().steps());
  }

  private void deleteAllButSettings() throws IOException {
    for (Path directory : List.of(runs.output.resolve("private"), runs.output)) {
      List<Path> entries;
      try (Stream<Path> all = Files.list(directory)) {
        entries = all.filter(file -> !file.endsWith("settings.json")).toList();
      }
      for (Path entry : entries) {
        Files.delete(entry);
      }
    }
  }

  /** Cooperatively, as a pool of threads stops its workers. */
  @Test
  void anInterruptBetweenTwoStepsSavesTheState() {
    assertThrows(
        CancellationException.class,
        () ->
            runs.run(
                new FinetuneProgress() {
                  @Override
                  public void step(long step, long steps, double epsilon) {
                    if (step == 3) {
                      Thread.currentThread().interrupt();
                    }
                  }
                }));
    assertTrue(Thread.interrupted(), "the thread still knows");
    assertFalse(Files.exists(runs.output.resolve("adapter_model.safetensors")));
    assertEquals(3, LedgerReader.read(runs.output.resolve("ledger.jsonl")).committed());
    runs.resume = true;
    FinetuneResult result = runs.run();
    assertEquals(3, result.outcome().from());
    assertEquals(6, result.steps());
    assertTrue(result.outcome().resumed());
  }

  private void assertRefused(String part) {
    RuntimeException e = assertThrows(InputException.class, runs::run, part);
    assertTrue(e.getMessage().contains(part), e.getMessage());
    assertEquals(1, e.getMessage().lines().count(), e.getMessage());
  }
}
