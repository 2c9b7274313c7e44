package dev.sotto.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.base.InputException;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.data.Block;
import dev.sotto.data.Corpus;
import dev.sotto.data.CorpusOptions;
import dev.sotto.data.Frame;
import dev.sotto.data.Framing;
import dev.sotto.data.TextRecord;
import dev.sotto.data.synthetic.Canaries;
import dev.sotto.data.synthetic.Canary;
import dev.sotto.data.synthetic.SecretSpace;
import dev.sotto.mechanism.NoiseKey;
import dev.sotto.model.LanguageModel;
import dev.sotto.model.LoraAdapters;
import dev.sotto.model.LoraOptions;
import dev.sotto.model.PassCapacity;
import dev.sotto.model.TransformerPass;
import dev.sotto.optimizer.LearningRate;
import dev.sotto.optimizer.Optimizer;
import dev.sotto.optimizer.OptimizerOptions;
import dev.sotto.tokenizer.Tokenizer;
import dev.sotto.tokenizer.VocabularyBuilder;
import dev.sotto.trainer.NonPrivateTrainer;
import dev.sotto.trainer.Trainable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.commons.math3.distribution.GammaDistribution;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CanaryExtractionTest {
  private static final int LENGTH = 64;
  private static final String CONFIG =
      """
      {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": %d,
       "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
       "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64,
       "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "hidden_act": "silu",
       "tie_word_embeddings": false, "bos_token_id": 1, "eos_token_id": 2}
      """;

  @TempDir static Path dir;
  static Backend backend;
  static LanguageModel model;
  static Tokenizer tokenizer;
  static List<Canary> canaries;

  @BeforeAll
  static void makeAModel() throws IOException {
    canaries = Canaries.generate(100, new SecretSpace(4), 9);
    List<String> names = canaries.stream().map(Canary::prefix).toList();
    int vocabulary = VocabularyBuilder.write(dir, names, 1000);
    Path config = Files.writeString(dir.resolve("config.json"), CONFIG.formatted(vocabulary));
    backend = Backends.open("cpu", 2);
    model = LanguageModel.initialise(backend, config, 3);
    float[] weights = model.flatWeights().downloadFloats((int) model.flatWeights().length());
    for (int i = 0; i < weights.length; i++) {
      weights[i] = weights[i] == 1f ? 1f : 8 * weights[i];
    }
    model.flatWeights().upload(weights);
    tokenizer = Tokenizer.open(dir, vocabulary);
  }

  @AfterAll
  static void close() {
    tokenizer.close();
    model.close();
    backend.close();
  }

  /**
   * Of a secret the model never saw every rank is equally likely. A rank uniform on n of n + 1
   * gives −log2 of a number slightly above uniform, so the sum over m canaries is close to, and
   * never above in law, a Gamma(m, log2 e). False-alarm rate 1e-6 above; below, where 64 ranks take
   * 0.07 bits off the exponential's mean, 1e-6 with a margin of 0.1 bits a canary.
   */
  @Test
  void aModelWithoutMemoryExposesLog2OfEInTheMean() {
    List<CanaryResult> results = ask(null, canaries, 63);
    double sum = results.stream().mapToDouble(CanaryResult::exposure).sum();
    int m = results.size();
    GammaDistribution law = new GammaDistribution(null, m, 1 / Math.log(2));
    assertTrue(sum < law.inverseCumulativeProbability(1 - 1e-6), "mean exposure " + sum / m);
    assertTrue(sum > law.inverseCumulativeProbability(1e-6) - 0.1 * m, "mean exposure " + sum / m);
    // One of 10,000 secrets is guessed by chance: three or more of 100 have probability 2e-7.
    assertTrue(results.stream().filter(CanaryResult::extracted).count() < 3);
    results.forEach(result -> assertEquals(0, result.score(), 1e-9));
  }

  @Test
  void overfittingIsFoundAndFreshModelsAreNot() {
    List<Canary> few = new ArrayList<>();
    for (boolean planted : new boolean[] {true, false}) {
      canaries.stream().filter(canary -> canary.planted() == planted).limit(8).forEach(few::add);
    }
    try (LoraAdapters lora =
        LoraAdapters.create(
            model,
            new LoraOptions(
                8,
                16,
                List.of(
                    "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")),
            5)) {
      List<CanaryResult> before = ask(lora, few, 63);
      assertEquals(0, CanarySummary.of(before, true).extracted());
      overfit(lora, few);
      List<CanaryResult> after = ask(lora, few, 63);
      CanarySummary planted = CanarySummary.of(after, true);
      CanarySummary others = CanarySummary.of(after, false);
      assertEquals(8, planted.count());
      assertEquals(8, others.count());
      assertTrue(planted.extracted() > 0.9, planted.toString());
      assertEquals(0, others.extracted());
      assertTrue(planted.jaccard() > others.jaccard() + 0.3, planted + " " + others);
      assertEquals(Math.log(64) / Math.log(2), planted.mostExposed(), 1e-9);
      assertTrue(planted.exposure() > others.exposure() + 2, planted + " " + others);
      CanaryAudit audit = CanaryAudit.of(after, 1e-5, 0.95);
      assertTrue(audit.epsilon() > 1, audit.toString());

      List<Block> members = documents(few, true);
      List<Block> kept = documents(few, false);
      MembershipInference attack = MembershipInference.of(model, lora, members, kept, LENGTH);
      assertEquals(1, attack.calibrated().auc());
      assertEquals(1, attack.calibrated().truePositiveRate());
    }
  }

  private static List<CanaryResult> ask(LoraAdapters lora, List<Canary> which, int alternatives) {
    return CanaryExtraction.of(model, lora, tokenizer, frame(), which, alternatives, 1);
  }

  private static List<Block> documents(List<Canary> few, boolean planted) {
    List<TextRecord> records =
        few.stream()
            .filter(canary -> canary.planted() == planted)
            .map(canary -> TextRecord.of(canary.text()))
            .toList();
    return Corpus.documents(records, tokenizer, frame(), LENGTH, "\n").blocks();
  }

  private static Frame frame() {
    return Frame.of(Framing.of(true, true), tokenizer);
  }

  private static void overfit(LoraAdapters lora, List<Canary> few) {
    Corpus corpus =
        Corpus.tokenize(
            Canaries.records(few, 1),
            tokenizer,
            new CorpusOptions(LENGTH, frame(), "\n", Integer.MAX_VALUE));
    PassCapacity capacity = PassCapacity.train(600, 40, 1, LENGTH);
    try (TransformerPass pass = new TransformerPass(model, lora, capacity);
        Optimizer optimizer =
            new Optimizer(
                backend, new OptimizerOptions(OptimizerOptions.Kind.ADAMW, 0, 0), lora.weights());
        NonPrivateTrainer trainer =
            new NonPrivateTrainer(
                corpus,
                new Trainable(
                    pass,
                    lora,
                    optimizer,
                    new LearningRate(0.02, 0, 200, LearningRate.Decay.CONSTANT)),
                NoiseKey.seededForTests(1),
                1.0)) {
      for (int step = 1; step <= 200; step++) {
        trainer.step(step);
      }
    }
  }

  @Test
  void exposureAndJaccardByHand() {
    assertEquals(2, CanaryExtraction.exposure(1, new double[] {2, 3, 4}));
    assertEquals(1, CanaryExtraction.exposure(1, new double[] {0, 3, 4}));
    assertEquals(0, CanaryExtraction.exposure(9, new double[] {0, 3, 4}));
    assertEquals(0, CanaryExtraction.exposure(1, new double[] {1, 1, 1}), "no preference");
    assertEquals(0, CanaryExtraction.exposure(Double.NaN, new double[] {1, 2, 3}));
    List<String> secret = Arrays.asList("7", "4", "7");
    assertEquals(1, CanaryExtraction.jaccard(List.of("4", "7"), secret));
    assertEquals(1 / 3.0, CanaryExtraction.jaccard(List.of("7", "9"), secret));
    assertEquals(0, CanaryExtraction.jaccard(List.of(), secret));
  }

  @Test
  void lossesDoNotDependOnPacking() {
    Random random = new Random(3);
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < 150; i++) {
      int[] ids = random.ints(1 + random.nextInt(40), 10, 300).toArray();
      int[] targets = new int[ids.length];
      Arrays.fill(targets, Block.NO_TARGET);
      if (ids.length > 3) {
        System.arraycopy(ids, 2, targets, 1, ids.length - 2);
      }
      blocks.add(new Block(ids, targets));
    }
    try (SequenceLosses losses = new SequenceLosses(model, null, LENGTH)) {
      double[] packed = losses.of(blocks);
      double[] means = losses.means(blocks);
      for (int i = 0; i < blocks.size(); i++) {
        assertEquals(losses.of(List.of(blocks.get(i)))[0], packed[i], 1e-3);
        assertEquals(packed[i] / Math.max(1, blocks.get(i).targetCount()), means[i], 1e-12);
        assertEquals(blocks.get(i).targetCount() == 0, packed[i] == 0);
      }
    }
  }

  @Test
  void whatCannotBeAskedIsRefused() {
    assertThrows(InputException.class, () -> ask(null, canaries, 0));
    Canary tooLong = new Canary("a", "word ".repeat(80), "1 2 3 4", true, new SecretSpace(4));
    InputException refused =
        assertThrows(InputException.class, () -> ask(null, List.of(tooLong), 3));
    assertTrue(refused.getMessage().contains("64 positions"), refused.getMessage());
    assertFalse(refused.getMessage().contains("1 2 3 4"));
  }
}
