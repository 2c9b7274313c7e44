package dev.sotto.trainer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.clip.Clipping;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.data.Block;
import dev.sotto.data.Corpus;
import dev.sotto.data.PrivacyUnit;
import dev.sotto.fixtures.TinyModel;
import dev.sotto.mechanism.NoiseKey;
import dev.sotto.model.LanguageModel;
import dev.sotto.model.LoraAdapters;
import dev.sotto.model.PassCapacity;
import dev.sotto.model.TransformerPass;
import dev.sotto.optimizer.LearningRate;
import dev.sotto.optimizer.Optimizer;
import dev.sotto.optimizer.OptimizerOptions;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training without protection: the plain mean gradient. */
class NonPrivateTrainerTest {
  @TempDir Path dir;

  @Test
  void aStepFollowsTheMeanOfThePerSampleGradients() {
    List<PrivacyUnit> units = TinyModel.units(9, 3);
    try (Backend backend = Backends.open("cpu", 2);
        LanguageModel model = TinyModel.llamaModel(backend, dir);
        LoraAdapters lora = TinyModel.adapters(model, "q_proj", "down_proj")) {
      // A clip far above every norm leaves the plain sum, on a fine grid.
      double[] sum =
          new ClippedSums(model, lora, Clipping.flat(100)).of(units, ClippedSums.wide(9));
      float[] before = lora.values();
      for (int rows : new int[] {400, 13}) {
        lora.weights().upload(before);
        step(backend, model, lora, new Corpus(units), PassCapacity.train(rows, 40, 1, 12));
        float[] after = lora.values();
        double largest = 0;
        for (int i = 0; i < sum.length; i++) {
          assertEquals(sum[i] / 9, before[i] - after[i], 2e-6, "parameter " + i);
          largest = Math.max(largest, Math.abs(sum[i] / 9));
        }
        assertTrue(largest > 1e-3, "the gradient is far above the tolerance: " + largest);
      }
    }
  }

  @Test
  void unitsWithNothingToLearnChangeNothing() {
    Block single = new Block(new int[] {12}, new int[] {Block.NO_TARGET});
    Corpus corpus =
        new Corpus(List.of(new PrivacyUnit(List.of(single)), new PrivacyUnit(List.of())));
    try (Backend backend = Backends.open("cpu", 1);
        LanguageModel model = TinyModel.llamaModel(backend, dir);
        LoraAdapters lora = TinyModel.adapters(model, "q_proj")) {
      float[] before = lora.values();
      step(backend, model, lora, corpus, PassCapacity.train(30, 3, 1, 12));
      assertArrayEquals(before, lora.values());
    }
  }

  /** One step of plain gradient descent at rate 1 over the whole corpus. */
  private static void step(
      Backend backend,
      LanguageModel model,
      LoraAdapters lora,
      Corpus corpus,
      PassCapacity capacity) {
    try (TransformerPass pass = new TransformerPass(model, lora, capacity);
        Optimizer optimizer =
            new Optimizer(
                backend, new OptimizerOptions(OptimizerOptions.Kind.SGD, 0, 0), lora.weights());
        NonPrivateTrainer trainer =
            new NonPrivateTrainer(
                corpus,
                new Trainable(
                    pass, lora, optimizer, new LearningRate(1, 0, 1, LearningRate.Decay.CONSTANT)),
                NoiseKey.seededForTests(1),
                1.0)) {
      trainer.step(1);
    }
  }
}
