package dev.sotto.plan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.accounting.Accountant;
import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.base.InputException;
import dev.sotto.checkpoint.AdapterFiles;
import dev.sotto.checkpoint.SafetensorsFile;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.fixtures.TinyModel;
import dev.sotto.ledger.LedgerContents;
import dev.sotto.ledger.LedgerHeader;
import dev.sotto.ledger.LedgerReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A head that is trained alone, or first: one ledger, one key, one count of steps. */
class HeadFirstRunTest {
  private static final int HEAD_STEPS = 4;
  private static final int STEPS = 3;

  @TempDir Path dir;
  private Path model;
  private Path train;

  @BeforeEach
  void prepare() throws IOException {
    try (Backend backend = Backends.open("cpu", 1)) {
      model = TinyModel.directory(backend, dir.resolve("model"), false);
    }
    train = dir.resolve("train.csv");
    StringBuilder lines = new StringBuilder("text,label\n");
    for (int i = 0; i < 40; i++) {
      lines.append(i % 2 == 0 ? "the patient is well,good\n" : "the patient has pain,bad\n");
    }
    Files.writeString(train, lines);
  }

  private FinetuneOptions.Builder options(String output) {
    return FinetuneOptions.builder(model, train)
        .output(dir.resolve(output))
        .privacy(Privacy.epsilon(4).with(Privacy.DELTA, 1e-5))
        .set(DataOptions.LABEL_COLUMN, "label")
        .set(DataOptions.MAX_LENGTH, 12)
        .set(TaskOptions.LABELS, "bad,good")
        .set(TrainingOptions.STEPS, (long) STEPS)
        .set(TrainingOptions.BATCH_SIZE, 8.0)
        .set(TrainingOptions.CHECKPOINT_EVERY, 1)
        .set(BackendOptions.THREADS, 1);
  }

  private FinetuneOptions.Builder headFirst(String output) {
    return options(output).set(TuneOptions.HEAD_FIRST, 1.5).set(TuneOptions.HEAD_STEPS, HEAD_STEPS);
  }

  private static FinetuneResult run(FinetuneOptions.Builder options) {
    return new FinetuneRun(options.build(), FinetuneProgress.SILENT).execute();
  }

  @Test
  void bothStagesStandInTheHeaderAndMeetTheTargetTogether() {
    FinetuneResult result = run(headFirst("out"));
    LedgerContents ledger = LedgerReader.read(result.ledger());
    LedgerHeader header = ledger.header();
    LedgerHeader.Stage first = header.sampling().first();
    assertEquals(HEAD_STEPS, first.steps());
    assertEquals(0.25, first.probability());
    assertEquals(STEPS, header.sampling().steps());
    assertEquals(0.2, header.sampling().probability());
    List<PrivacyEvent> charges = ledger.charges();
    assertEquals(HEAD_STEPS + STEPS, charges.size());
    for (int i = 0; i < charges.size(); i++) {
      assertEquals(i < HEAD_STEPS ? first.step() : header.stages().get(1).step(), charges.get(i));
    }
    double whole = ledger.epsilon(Accountant.pld()).upper();
    assertEquals(4, whole, 0.01);
    assertTrue(whole <= 4);
    assertEquals(whole, result.epsilon(), 1e-9);
    double alone = Accountant.pld().epsilonUpper(first.step().repeated(HEAD_STEPS), 1e-5);
    assertEquals(1.5, alone, 0.01);
    assertTrue(alone <= 1.5);
    assertTrue(
        Accountant.rdp().epsilonUpper(ledger.event().orElseThrow(), 1e-5) < 8, "rdp can say too");
  }

  @Test
  void theFirstStageChangesTheHeadAlone() throws IOException {
    Map<String, float[]> untrained = afterSteps("none", 0);
    Map<String, float[]> between = afterSteps("between", HEAD_STEPS);
    Map<String, float[]> after = afterSteps("after", HEAD_STEPS + STEPS);
    assertFalse(untrained.isEmpty());
    untrained.forEach(
        (name, values) -> {
          boolean head = name.contains("score");
          assertEquals(!head, near(values, between.get(name)), name);
          assertFalse(near(between.get(name), after.get(name)), name);
        });
  }

  /** Within what a learning rate of next to nothing moves. */
  private static boolean near(float[] one, float[] other) {
    for (int i = 0; i < one.length; i++) {
      if (Math.abs(one[i] - other[i]) > 1e-9) {
        return false;
      }
    }
    return true;
  }

  /** The adapter of a seeded run whose last step was the given one. */
  private Map<String, float[]> afterSteps(String output, int last) {
    if (last == 0) {
      return weights(run(options(output).set(TrainingOptions.LEARNING_RATE, 1e-12)));
    }
    if (last == HEAD_STEPS) {
      return weights(
          run(
              headFirst(output)
                  .set(FinetuneOptions.INSECURE_TEST_SEED, 7L)
                  .set(TrainingOptions.LEARNING_RATE, 1e-12)));
    }
    return weights(run(headFirst(output).set(FinetuneOptions.INSECURE_TEST_SEED, 7L)));
  }

  private static Map<String, float[]> weights(FinetuneResult result) {
    Map<String, float[]> weights = new TreeMap<>();
    try (SafetensorsFile file =
        SafetensorsFile.open(result.adapter().resolve(AdapterFiles.WEIGHTS_FILE_NAME))) {
      file.names().forEach(name -> weights.put(name, file.tensor(name).toFloats()));
    }
    return weights;
  }

  @ParameterizedTest
  @ValueSource(strings = {"both", "frozen"})
  void goesOnFromEitherStageToTheSameBits(String trained) {
    float[] whole = flat(weights(run(seeded("whole-" + trained))));
    for (int stop : new int[] {1, HEAD_STEPS - 1, HEAD_STEPS, HEAD_STEPS + 1}) {
      String output = "stopped" + stop + "-" + trained;
      assertThrows(IllegalStateException.class, () -> runUntil(seeded(output).build(), stop));
      List<Long> steps = new ArrayList<>();
      FinetuneProgress counted =
          new FinetuneProgress() {
            @Override
            public void step(long step, long planned, double epsilon) {
              steps.add(step);
              assertEquals(HEAD_STEPS + STEPS, planned);
            }
          };
      FinetuneOptions resumed = seeded(output).set(FinetuneOptions.RESUME, true).build();
      FinetuneResult result = new FinetuneRun(resumed, counted).execute();
      assertEquals(stop + 1L, steps.get(0), "no step is charged or drawn twice");
      assertEquals(HEAD_STEPS + STEPS, result.steps());
      assertArrayEquals(whole, flat(weights(result)), output);
    }
  }

  private FinetuneOptions.Builder seeded(String output) {
    return headFirst(output)
        .set(TuneOptions.FREEZE_A, output.endsWith("frozen"))
        .set(FinetuneOptions.INSECURE_TEST_SEED, 7L)
        .set(TrainingOptions.AVERAGE, 0.6);
  }

  private static float[] flat(Map<String, float[]> weights) {
    List<Float> all = new ArrayList<>();
    weights
        .values()
        .forEach(
            w -> {
              for (float v : w) {
                all.add(v);
              }
            });
    float[] flat = new float[all.size()];
    for (int i = 0; i < flat.length; i++) {
      flat[i] = all.get(i);
    }
    return flat;
  }

  /** Stops as if killed, after the state of a step was saved. */
  private static void runUntil(FinetuneOptions options, int last) {
    new FinetuneRun(
            options,
            new FinetuneProgress() {
              @Override
              public void step(long step, long steps, double epsilon) {
                if (step == last) {
                  throw new IllegalStateException("pulled the plug");
                }
              }
            })
        .execute();
  }

  @Test
  void aHeadAloneLeavesThePairsAsTheyWere() {
    FinetuneResult result = run(options("alone").set(TuneOptions.TUNE, TuneOptions.Tuned.HEAD));
    LedgerHeader header = LedgerReader.read(result.ledger()).header();
    assertEquals(1, header.stages().size());
    weights(result)
        .forEach(
            (name, values) -> {
              boolean zero = true;
              for (float value : values) {
                zero &= value == 0;
              }
              assertEquals(name.contains("lora_B"), zero, name);
            });
    DryRun plan =
        new FinetuneRun(
                options("plan").set(TuneOptions.TUNE, TuneOptions.Tuned.HEAD).build(),
                FinetuneProgress.SILENT)
            .dryRun();
    assertEquals(header.noise().coordinates(), plan.summary().trainableParameters());
    assertTrue(plan.secondsAStep() > 0);
  }

  @Test
  void theSecondStageMayTrainBBesideAFrozenA() {
    FinetuneResult result = run(headFirst("frozen").set(TuneOptions.FREEZE_A, true));
    FinetuneResult alone = run(headFirst("both"));
    Map<String, float[]> weights = weights(result);
    LedgerHeader header = LedgerReader.read(result.ledger()).header();
    LedgerHeader other = LedgerReader.read(alone.ledger()).header();
    assertEquals(
        other.sampling().first().noise().coordinates(),
        header.sampling().first().noise().coordinates(),
        "the same head");
    long trained = 0;
    for (Map.Entry<String, float[]> tensor : weights.entrySet()) {
      trained += tensor.getKey().contains("lora_A") ? 0 : tensor.getValue().length;
    }
    assertEquals(trained, header.noise().coordinates());
    assertTrue(trained < other.noise().coordinates());
  }

  @Test
  void refusesWhatDoesNotGoTogether() {
    assertRefused(headFirst("a").set(TuneOptions.HEAD_FIRST, 4.0), "leaves nothing");
    assertRefused(headFirst("a").set(TuneOptions.TUNE, TuneOptions.Tuned.HEAD), "leave out");
    assertRefused(options("a").set(TuneOptions.HEAD_STEPS, 3), "goes with --head-first");
    assertRefused(headFirst("a").withoutPrivacy(), "exclude each other");
    assertRefused(
        headFirst("a").privacy(Privacy.epsilon(4).withNoise(NoiseChoice.laplace())), "Gaussian");
    assertRefused(options("a").set(DataOptions.END, "off"), "own tokenizer");
    FinetuneOptions.Builder text =
        FinetuneOptions.builder(model, train)
            .output(dir.resolve("a"))
            .set(TuneOptions.TUNE, TuneOptions.Tuned.HEAD);
    assertRefused(text, "--label-column");
  }

  private static void assertRefused(FinetuneOptions.Builder options, String word) {
    String message = assertThrows(InputException.class, options::build).getMessage();
    assertTrue(message.contains(word), message);
  }
}
