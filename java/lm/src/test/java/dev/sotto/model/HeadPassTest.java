package dev.sotto.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.data.Block;
import dev.sotto.data.Corpus;
import dev.sotto.data.PrivacyUnit;
import dev.sotto.gradient.PerSampleGradients;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A head over features that were computed once learns what it would learn in the whole model. */
class HeadPassTest {
  private static final int UNITS = 7;

  private static Path oracle(String name) {
    Path dir = Path.of(System.getProperty("sotto.shared"), "oracles/models2", name);
    Assumptions.assumeTrue(Files.isDirectory(dir), "no model at " + dir);
    return dir;
  }

  private static ClassifierOptions options(int outputs) {
    return outputs == 1 ? ClassifierOptions.number() : ClassifierOptions.classes(outputs);
  }

  /** An adapter that has learned something, on the frozen layers of the head too. */
  private static LoraAdapters moved(LoraAdapters lora) {
    float[] values = lora.values();
    Random random = new Random(8);
    for (int i = 0; i < values.length; i++) {
      values[i] += (float) (0.05 * random.nextGaussian());
    }
    lora.weights().upload(values);
    return lora;
  }

  /** One to three sequences a unit. */
  private static Corpus corpus(LanguageModel model, int outputs) {
    Random random = new Random(5);
    List<PrivacyUnit> units = new ArrayList<>();
    for (int u = 0; u < UNITS; u++) {
      List<Block> blocks = new ArrayList<>();
      for (int b = 0; b < 1 + u % 3; b++) {
        int[] ids =
            random.ints(3 + random.nextInt(6), 0, model.config().vocabularySize()).toArray();
        blocks.add(Block.labelled(ids, new int[0], random.nextInt(Math.max(2, outputs))));
      }
      units.add(new PrivacyUnit(blocks));
    }
    return new Corpus(units);
  }

  /** [units, d] of a corpus, each unit's loss the mean of its sequences'. */
  private static float[] gradients(TrainingPass pass, LoraAdapters lora, Corpus corpus) {
    PassCapacity capacity = pass.capacity();
    Batch batch = new Batch(capacity.rows(), capacity.sequences(), capacity.units());
    for (PrivacyUnit unit : corpus.units()) {
      unit.blocks().forEach(block -> batch.add(block, 1f / unit.targetCount()));
      batch.endUnit();
    }
    try (PerSampleGradients gradients =
        new PerSampleGradients(lora.backend(), lora.layout(), UNITS)) {
      gradients.begin(UNITS);
      pass.forwardBackward(batch, gradients);
      return gradients.gradients().downloadFloats((int) lora.layout().parameters() * UNITS);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "bert-cls3-pairs,3",
    "bert-regression,1",
    "roberta-cls,2",
    "distilbert-cls,2",
    "gpt2-score,3",
    "llama-score,2"
  })
  void givesTheHeadsPartOfTheWholeModelsGradients(String name, int outputs) {
    try (Backend backend = Backends.open("cpu", 2);
        LanguageModel model =
            LanguageModel.load(backend, oracle(name), Precision.F32, options(outputs));
        LoraAdapters lora =
            moved(
                LoraAdapters.create(
                    model, new LoraOptions(2, 4, List.of(LoraOptions.ALL_LINEAR)), 3));
        LoraAdapters head = lora.headAlone();
        TransformerPass scoring = new TransformerPass(model, lora, SequenceScores.capacity(16));
        TransformerPass whole =
            new TransformerPass(model, lora, PassCapacity.train(400, 40, UNITS, 16))) {
      Corpus corpus = corpus(model, outputs);
      float[] all = gradients(whole, lora, corpus);
      int d = (int) lora.layout().parameters();
      int part = (int) head.layout().parameters();
      try (Features features = Features.of(scoring, corpus);
          HeadPass pass = new HeadPass(model, head, features, 40)) {
        float[] alone = gradients(pass, head, features.corpus());
        for (int u = 0; u < UNITS; u++) {
          assertArrayEquals(
              Arrays.copyOfRange(all, (u + 1) * d - part, (u + 1) * d),
              Arrays.copyOfRange(alone, u * part, (u + 1) * part),
              1e-6f,
              name + ", unit " + u);
        }
      }
    }
  }

  @Test
  void aVectorDependsOnItsSequenceAlone() {
    try (Backend backend = Backends.open("cpu", 2);
        LanguageModel model =
            LanguageModel.load(backend, oracle("bert-cls3-pairs"), Precision.F32, options(3));
        TransformerPass pass = new TransformerPass(model, null, SequenceScores.capacity(16))) {
      Corpus corpus = corpus(model, 3);
      float[] together = vectors(pass, corpus);
      int channels = Features.width(model);
      int row = 0;
      for (PrivacyUnit unit : corpus.units()) {
        float[] alone = vectors(pass, new Corpus(List.of(unit)));
        assertArrayEquals(
            alone, Arrays.copyOfRange(together, row * channels, row * channels + alone.length));
        row += unit.blocks().size();
      }
      assertEquals(together.length, row * channels);
      assertTrue(together[0] != 0);
    }
  }

  private static float[] vectors(TransformerPass pass, Corpus corpus) {
    try (Features features = Features.of(pass, corpus)) {
      DeviceBuffer vectors = features.vectors();
      return vectors.downloadFloats((int) vectors.length());
    }
  }
}
