package dev.sotto.plan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.base.InputException;
import dev.sotto.checkpoint.AdapterFiles;
import dev.sotto.checkpoint.LoraPair;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.ledger.LedgerHeader;
import dev.sotto.ledger.LedgerReader;
import dev.sotto.model.InitialA;
import dev.sotto.model.LanguageModel;
import dev.sotto.model.LoraAdapters;
import dev.sotto.model.LoraOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs that train B alone. */
class FreezeARunTest {
  @TempDir Path dir;
  private Runs runs;

  @BeforeEach
  void prepare() {
    runs = Runs.in(dir);
    runs.freezeA = true;
  }

  private List<LoraPair> pairs() {
    return AdapterFiles.readPairs(runs.output.resolve(AdapterFiles.WEIGHTS_FILE_NAME));
  }

  @Test
  void releasesTheAOfThePublicSeedAndChargesForBAlone() throws IOException {
    FinetuneResult result = runs.run();
    long ofB = 0;
    long ofA = 0;
    Path fresh = Files.createDirectory(dir.resolve("fresh"));
    try (Backend backend = Backends.open("cpu", 1);
        LanguageModel model = LanguageModel.load(backend, runs.model);
        LoraAdapters lora =
            LoraAdapters.create(model, runs.lora, runs.options().seed(), InitialA.ORTHONORMAL)) {
      lora.save(fresh, model, "base");
    }
    List<LoraPair> before = AdapterFiles.readPairs(fresh.resolve(AdapterFiles.WEIGHTS_FILE_NAME));
    List<LoraPair> after = pairs();
    assertEquals(before.size(), after.size());
    for (int k = 0; k < after.size(); k++) {
      assertArrayEquals(before.get(k).a(), after.get(k).a(), after.get(k).module());
      assertFalse(Arrays.equals(before.get(k).b(), after.get(k).b()), after.get(k).module());
      ofA += after.get(k).a().length;
      ofB += after.get(k).b().length;
    }
    LedgerHeader header = LedgerReader.read(result.ledger()).header();
    assertEquals(ofB, header.noise().coordinates(), "noise is drawn for B");
    assertTrue(ofA > 0);
    runs.output = dir.resolve("plan");
    DryRun plan = new FinetuneRun(runs.options(), FinetuneProgress.SILENT).dryRun();
    assertEquals(ofB, plan.summary().trainableParameters());
  }

  /** Stopped as if killed, after the state of a step was saved. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 5})
  void goesOnToTheSameBits(int stop) throws IOException {
    runs.testSeed = 7L;
    runs.checkpointEvery = 1;
    runs.output = dir.resolve("whole");
    runs.run();
    float[] whole = runs.weights();
    runs.output = dir.resolve("stopped");
    FinetuneProgress killed =
        new FinetuneProgress() {
          @Override
          public void step(long step, long steps, double epsilon) {
            if (step == stop) {
              throw new IllegalStateException("pulled the plug");
            }
          }
        };
    assertThrows(IllegalStateException.class, () -> runs.run(killed));
    runs.resume = true;
    runs.freezeA = false;
    InputException e = assertThrows(InputException.class, runs::run);
    assertTrue(e.getMessage().contains("freeze_a"), e.getMessage());
    runs.freezeA = true;
    runs.run();
    assertArrayEquals(whole, runs.weights());
  }

  @Test
  void keepsTheAOfTheAdapterThatItGoesOnFrom() {
    runs.freezeA = false;
    runs.lora = new LoraOptions(2, 4, List.of(LoraOptions.ALL_LINEAR));
    runs.run();
    List<LoraPair> before = pairs();
    runs.adapter = runs.output;
    runs.output = dir.resolve("on");
    runs.freezeA = true;
    runs.run();
    List<LoraPair> after = pairs();
    for (int k = 0; k < before.size(); k++) {
      assertArrayEquals(before.get(k).a(), after.get(k).a(), "A of pair " + k);
      assertFalse(Arrays.equals(before.get(k).b(), after.get(k).b()), "B of pair " + k);
    }
  }

  /** Clipped pair by pair, under a controller that chooses the thresholds. */
  @Test
  void goesWithAController() {
    runs.control = Runs.control("random", 2);
    FinetuneResult result = runs.run();
    long ofB = pairs().stream().mapToLong(pair -> pair.b().length).sum();
    LedgerHeader header = LedgerReader.read(result.ledger()).header();
    assertTrue(header.noise().coordinates() >= ofB);
    assertTrue(header.noise().coordinates() <= ofB + pairs().size() + 1, "statistics at most");
  }

  @Test
  void refusesWhatDoesNotFit() {
    runs.lora = new LoraOptions(17, 4, List.of());
    InputException e = assertThrows(InputException.class, runs::run);
    assertTrue(e.getMessage().contains("give --rank 16 or less"), e.getMessage());
    assertEquals(1, e.getMessage().lines().count());
    assertFalse(Files.exists(runs.output));
    runs.control = runs.control.with(TuneOptions.TUNE, TuneOptions.Tuned.HEAD);
    runs.control = runs.control.with(DataOptions.LABEL_COLUMN, "label");
    runs.control = runs.control.with(TaskOptions.LABELS, "bad,good");
    e = assertThrows(InputException.class, runs::options);
    assertTrue(e.getMessage().contains("leave out --freeze-a"), e.getMessage());
  }
}
