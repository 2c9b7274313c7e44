package dev.sotto.trainer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.data.Block;
import dev.sotto.data.PrivacyUnit;
import dev.sotto.fixtures.TinyModel;
import dev.sotto.gradient.PerSampleGradients;
import dev.sotto.model.Batch;
import dev.sotto.model.LanguageModel;
import dev.sotto.model.LoraAdapters;
import dev.sotto.model.PassCapacity;
import dev.sotto.model.TransformerPass;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One mean loss a unit, however its rows go through the model. */
class UnitLossesTest {
  @TempDir Path dir;

  /** Whole units, units in micro-batches, and units in pieces: the same means. */
  @Test
  void meanNatsPerTargetOfEveryUnit() {
    Random random = new Random(7);
    List<Block> blocks = new ArrayList<>();
    for (int b = 0; b < 8; b++) {
      blocks.add(TinyModel.block(random, 5 + b % 4));
    }
    List<PrivacyUnit> units = new ArrayList<>(TinyModel.units(5, 3));
    units.add(2, new PrivacyUnit(blocks));
    units.add(4, new PrivacyUnit(List.of(new Block(new int[] {12}, new int[] {Block.NO_TARGET}))));
    try (Backend backend = Backends.open("cpu", 2);
        LanguageModel model = TinyModel.llamaModel(backend, dir);
        LoraAdapters lora = TinyModel.adapters(model, "q_proj", "v_proj")) {
      double[] whole = losses(model, lora, units, PassCapacity.train(400, 40, 9, 12));
      assertEquals(6, whole.length, "a unit without targets has no loss");
      assertArrayEquals(
          whole, losses(model, lora, units, PassCapacity.train(400, 40, 2, 12)), 1e-6);
      assertArrayEquals(whole, losses(model, lora, units, PassCapacity.train(36, 3, 9, 12)), 1e-5);
      assertArrayEquals(whole, losses(model, lora, units, PassCapacity.train(13, 20, 3, 12)), 1e-5);
      assertEquals(mean(model, lora, units.get(2)), whole[2], 1e-5);
      assertTrue(Math.abs(whole[0] - whole[1]) > 1e-2, "units differ");
    }
  }

  private static double[] losses(
      LanguageModel model, LoraAdapters lora, List<PrivacyUnit> units, PassCapacity capacity) {
    List<Double> all = new ArrayList<>();
    UnitLosses unitLosses = new UnitLosses();
    try (TransformerPass pass = new TransformerPass(model, lora, capacity);
        PerSampleGradients gradients =
            new PerSampleGradients(model.backend(), lora.layout(), capacity.units())) {
      new MicroBatches(units, capacity)
          .forEach(
              IntStream.range(0, units.size()).toArray(),
              (batch, part) -> {
                gradients.begin(batch.units(), part);
                unitLosses.add(batch, pass.forwardBackward(batch, gradients));
                if (part.completes()) {
                  for (double loss : unitLosses.take()) {
                    all.add(loss);
                  }
                }
              });
    }
    return all.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private static double mean(LanguageModel model, LoraAdapters lora, PrivacyUnit unit) {
    Batch batch = new Batch(100, 10, 1);
    for (Block block : unit.blocks()) {
      batch.add(block.ids(), block.targets(), 1);
    }
    batch.endUnit();
    try (TransformerPass pass =
        new TransformerPass(model, lora, PassCapacity.evaluate(100, TinyModel.MAX_LENGTH))) {
      double sum = 0;
      for (float loss : pass.losses(batch)) {
        sum += loss;
      }
      return sum / unit.targetCount();
    }
  }

  @Test
  void refusesToAddUnitsThatAreNotPieces() {
    Batch two = new Batch(4, 2, 2);
    for (int s = 0; s < 2; s++) {
      two.add(new int[] {3, 4}, new int[] {4, Block.NO_TARGET}, 1);
      two.endUnit();
    }
    try (Backend backend = Backends.open("cpu", 1);
        DeviceBuffer losses = backend.allocate(ElementType.F32, 4)) {
      UnitLosses unitLosses = new UnitLosses();
      unitLosses.add(two, losses);
      assertThrows(IllegalStateException.class, () -> unitLosses.add(two, losses));
    }
  }
}
