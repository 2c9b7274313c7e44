package dev.sotto.trainer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.fixtures.TinyModel;
import dev.sotto.model.LanguageModel;
import dev.sotto.model.LoraAdapters;
import dev.sotto.optimizer.Optimizer;
import dev.sotto.optimizer.OptimizerOptions;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WeightAverageTest {
  @TempDir Path dir;

  private void with(Consumer<LoraAdapters> test) {
    try (Backend backend = Backends.open("cpu", 1);
        LanguageModel model = TinyModel.model(backend, dir, TinyModel.llama(TinyModel.VOCABULARY));
        LoraAdapters lora = TinyModel.adapters(model, "q_proj")) {
      test.accept(lora);
    }
  }

  private static void set(LoraAdapters lora, float value) {
    float[] weights = lora.values();
    Arrays.fill(weights, value);
    lora.weights().upload(weights);
  }

  @Test
  void isTheMeanOverTheLastShareOfThePlannedSteps() {
    with(
        lora -> {
          WeightAverage average = WeightAverage.overLast(0.4, 10);
          for (int step = 1; step <= 10; step++) {
            set(lora, step);
            average.add(step, lora);
          }
          average.apply(lora);
          assertEquals((7 + 8 + 9 + 10) / 4f, lora.values()[0]);
        });
  }

  @Test
  void leavesTheLastWeightsWhereNothingIsAveraged() {
    with(
        lora -> {
          WeightAverage average = WeightAverage.overLast(0, 10);
          set(lora, 3);
          average.add(10, lora);
          average.apply(lora);
          assertEquals(3, lora.values()[0]);
        });
  }

  /** The running sum comes back with the state, to 48 bits. */
  @Test
  void goesOnAfterAResume() {
    with(
        lora -> {
          WeightAverage whole = WeightAverage.overLast(0.5, 4);
          WeightAverage before = WeightAverage.overLast(0.5, 4);
          set(lora, 1 / 3f);
          whole.add(3, lora);
          before.add(3, lora);
          Path state = dir.resolve("state.safetensors");
          WeightAverage after = WeightAverage.overLast(0.5, 4);
          try (Optimizer optimizer =
              new Optimizer(
                  lora.backend(),
                  new OptimizerOptions(OptimizerOptions.Kind.ADAMW, 0.9, 0.01),
                  lora.weights())) {
            TrainingState.save(state, 3, lora, optimizer, before);
            assertEquals(3, TrainingState.restore(state, lora, optimizer, after));
          }
          set(lora, 0.1f);
          whole.add(4, lora);
          after.add(4, lora);
          whole.apply(lora);
          float[] mean = lora.values();
          after.apply(lora);
          assertArrayEquals(mean, lora.values());
        });
  }
}
