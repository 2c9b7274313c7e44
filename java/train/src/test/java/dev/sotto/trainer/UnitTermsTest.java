package dev.sotto.trainer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sotto.clip.Clipping;
import dev.sotto.clip.UnitClip;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.data.Block;
import dev.sotto.data.PrivacyUnit;
import dev.sotto.fixtures.TinyModel;
import dev.sotto.model.ClassifierOptions;
import dev.sotto.model.LanguageModel;
import dev.sotto.model.LoraAdapters;
import dev.sotto.model.PassCapacity;
import dev.sotto.model.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * From a unit's tokens to its terms: what a batch sums up, gradients and statistics, is to the bit
 * the sum of what each of its units gives alone, whichever are drawn, in whatever order and on
 * however many threads. Every figure of sensitivity rests on this.
 */
class UnitTermsTest {
  private static final int UNITS = 11;

  /** Narrow enough that batches are cut, and that one unit comes in pieces. */
  private static final PassCapacity PLAN = PassCapacity.train(40, 5, 4, TinyModel.MAX_LENGTH);

  @TempDir Path dir;

  @ParameterizedTest
  @CsvSource({"cpu,1", "cpu,3", "cpu-reference,1"})
  void aBatchIsTheSumOfItsUnits(String name, int threads) {
    check(name, threads, 8);
  }

  @Test
  void aBatchIsTheSumOfItsUnitsOnTheEmulatedGpu() {
    Path library = Path.of(System.getProperty("sotto.cuda.emulated", "absent"));
    assumeTrue(Files.exists(library), "the emulated CUDA library is not built");
    System.setProperty("sotto.cuda", library.toString());
    try {
      check("cuda", 1, 2);
    } finally {
      System.clearProperty("sotto.cuda");
    }
  }

  /**
   * The same of every kind of block and head, in models with adapters of their own: outputs are
   * classes, 1 for a number, 0 for the next token.
   */
  @ParameterizedTest
  @CsvSource({
    "bert-cls3-pairs,3",
    "bert-regression,1",
    "roberta-cls,2",
    "distilbert-cls,2",
    "gpt2-score,3",
    "qwen2-score,2",
    "gemma2,0",
    "gemma3_text,0",
    "gpt_neox,0",
    "olmo2,0",
    "opt,0",
    "phi,0",
    "phi3,0",
    "qwen3,0"
  })
  void aBatchIsTheSumOfItsUnitsInEveryFamily(String name, int outputs) throws IOException {
    Path oracle = Path.of(System.getProperty("sotto.shared"), "oracles/models2", name);
    assumeTrue(Files.isDirectory(oracle), "no model at " + oracle);
    Path adapter = Files.createDirectories(dir.resolve("adapter"));
    Files.copy(oracle.resolve("adapter_config.json"), adapter.resolve("adapter_config.json"));
    Files.copy(oracle.resolve("lora.safetensors"), adapter.resolve("adapter_model.safetensors"));
    try (Backend backend = Backends.open("cpu", 2);
        LanguageModel model = load(backend, oracle, outputs);
        LoraAdapters lora = LoraAdapters.load(model, adapter)) {
      List<PrivacyUnit> units = units(model.config().vocabularySize(), outputs);
      check(name, new ClippedSums(model, lora, Clipping.flat(0.05)), units, 3);
    }
  }

  private static LanguageModel load(Backend backend, Path dir, int outputs) {
    if (outputs == 0) {
      return LanguageModel.load(backend, dir);
    }
    ClassifierOptions head =
        outputs == 1 ? ClassifierOptions.number() : ClassifierOptions.classes(outputs);
    return LanguageModel.load(backend, dir, Precision.F32, head);
  }

  /** Units of one to three sequences, with labels where there are outputs; one of seven. */
  private static List<PrivacyUnit> units(int vocabulary, int outputs) {
    Random random = new Random(11);
    List<PrivacyUnit> units = new ArrayList<>();
    for (int u = 0; u < UNITS; u++) {
      List<Block> blocks = new ArrayList<>();
      int sequences = u == 4 ? 7 : 1 + random.nextInt(3);
      for (int b = 0; b < sequences; b++) {
        int[] ids = random.ints(5 + random.nextInt(4), 0, vocabulary).toArray();
        int[] next = random.ints(ids.length, 0, vocabulary).toArray();
        blocks.add(
            outputs == 0
                ? new Block(ids, next)
                : Block.labelled(ids, new int[0], random.nextInt(Math.max(2, outputs))));
      }
      units.add(new PrivacyUnit(blocks));
    }
    return units;
  }

  private void check(String name, int threads, int batches) {
    for (String config :
        List.of(TinyModel.llama(TinyModel.VOCABULARY), TinyModel.gpt2(TinyModel.VOCABULARY))) {
      String target = config.contains("gpt2") ? "c_attn" : "q_proj";
      try (Backend backend = Backends.open(name, threads);
          LanguageModel model = TinyModel.model(backend, dir, config)) {
        for (boolean freezeA : List.of(false, true)) {
          LoraAdapters pairs = TinyModel.adapters(model, target);
          try (LoraAdapters lora = freezeA ? pairs.freezeA() : pairs) {
            for (Clipping clipping :
                List.of(Clipping.flat(0.05), Clipping.perPair(0.05, lora.layout().size()))) {
              String what = name + ", " + target + (freezeA ? ", A frozen" : "");
              check(what, new ClippedSums(model, lora, clipping), units(), batches);
            }
          }
        }
      }
    }
  }

  private static void check(String what, ClippedSums sums, List<PrivacyUnit> units, int batches) {
    List<ClippedSums.Sums> alone =
        IntStream.range(0, UNITS)
            .mapToObj(u -> sums.of(units, new int[] {u}, PLAN, UnitClip::of))
            .toList();
    Random random = new Random(9);
    for (int b = 0; b < batches; b++) {
      int[] drawn = random.ints(0, UNITS).distinct().limit(2 + random.nextInt(UNITS - 2)).toArray();
      double[] gradient = new double[alone.get(0).gradient().length];
      double[] statistics = new double[alone.get(0).statistics().length];
      for (int u : drawn) {
        add(alone.get(u).gradient(), gradient);
        add(alone.get(u).statistics(), statistics);
      }
      ClippedSums.Sums batch = sums.of(units, drawn, PLAN, UnitClip::of);
      assertArrayEquals(gradient, batch.gradient(), what + ": gradients of batch " + b);
      assertArrayEquals(statistics, batch.statistics(), what + ": statistics of batch " + b);
    }
    assertTrue(
        alone.stream().allMatch(sum -> sum.gradient()[0] != 0), what + ": nothing is summed");
  }

  private static List<PrivacyUnit> units() {
    List<PrivacyUnit> units = new ArrayList<>(TinyModel.units(UNITS - 1, 3));
    Random random = new Random(7);
    List<Block> blocks = new ArrayList<>();
    for (int b = 0; b < 7; b++) {
      blocks.add(TinyModel.block(random, 6 + b % 4));
    }
    units.add(4, new PrivacyUnit(blocks));
    return units;
  }

  private static void add(double[] term, double[] sum) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += term[i];
    }
  }
}
