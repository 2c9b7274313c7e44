package dev.sotto.trainer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.clip.ClippedGradSum;
import dev.sotto.clip.Clipping;
import dev.sotto.clip.UnitClip;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.data.Block;
import dev.sotto.data.PrivacyUnit;
import dev.sotto.fixtures.TinyModel;
import dev.sotto.model.LanguageModel;
import dev.sotto.model.LoraAdapters;
import dev.sotto.model.PassCapacity;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clipping pair by pair during the backward pass gives the bits of storing gradients first. */
class PairwiseClipTest {
  private static final List<PassCapacity> PLANS =
      List.of(
          PassCapacity.train(400, 40, 9, TinyModel.MAX_LENGTH),
          PassCapacity.train(400, 40, 2, TinyModel.MAX_LENGTH),
          PassCapacity.train(36, 3, 9, TinyModel.MAX_LENGTH),
          PassCapacity.train(13, 20, 3, TinyModel.MAX_LENGTH));

  @TempDir Path dir;

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "cpu-reference"})
  void hasTheBitsOfStoredGradients(String name) {
    compare(name, PLANS);
  }

  @Test
  void hasTheBitsOfStoredGradientsOnCuda() {
    onCuda(() -> compare("cuda", PLANS.subList(2, 3)));
  }

  /** The CUDA kernels on the host. */
  private static void onCuda(Runnable test) {
    String library = System.getProperty("sotto.cuda.emulated", "absent");
    Assumptions.assumeTrue(
        Files.exists(Path.of(library)), "the emulation was not built: " + library);
    System.setProperty("sotto.cuda", library);
    try {
      test.run();
    } finally {
      System.clearProperty("sotto.cuda");
    }
  }

  /** Units of every kind: whole, in pieces, and one whose gradient is not finite. */
  private void compare(String name, List<PassCapacity> capacities) {
    Random random = new Random(7);
    List<PrivacyUnit> units = new ArrayList<>(TinyModel.units(7, 3));
    List<Block> blocks = new ArrayList<>();
    for (int b = 0; b < 6; b++) {
      blocks.add(TinyModel.block(random, 5 + b % 4));
    }
    units.add(3, new PrivacyUnit(blocks));
    Block bad = new Block(new int[] {14, 5, 20}, new int[] {5, 20, Block.NO_TARGET});
    units.add(5, new PrivacyUnit(List.of(bad)));
    int[] all = IntStream.range(0, units.size()).toArray();
    try (Backend backend = Backends.open(name, 2);
        LanguageModel model = TinyModel.llamaModel(backend, dir);
        LoraAdapters lora = TinyModel.adapters(model, "q_proj", "v_proj", "down_proj")) {
      spoil(model);
      double[] norms = new double[lora.layout().size()];
      Arrays.setAll(norms, k -> 0.01 * (k + 1));
      Clipping plain = Clipping.perPair(norms);
      for (Clipping clipping : List.of(plain, plain.normalised(0.01))) {
        ClippedSums sums = new ClippedSums(model, lora, clipping);
        for (PassCapacity capacity : capacities) {
          ClippedSums.Sums stored = sums.of(units, all, capacity, UnitClip::stored);
          ClippedSums.Sums pairwise = sums.of(units, all, capacity, UnitClip::pairwise);
          assertArrayEquals(stored.gradient(), pairwise.gradient(), name + " " + capacity);
          assertArrayEquals(stored.statistics(), pairwise.statistics(), name + " " + capacity);
          assertTrue(Arrays.stream(stored.gradient()).anyMatch(v -> v != 0));
        }
      }
    }
  }

  /** Whoever is bound by memory stores no gradients; a CPU does, and so does flat clipping. */
  @Test
  void choosesByBackendAndClipping() {
    long capacity = 16;
    try (Backend backend = Backends.open("cpu", 1);
        LanguageModel model = TinyModel.llamaModel(backend, dir);
        LoraAdapters lora = TinyModel.adapters(model, "q_proj", "v_proj")) {
      long stored = 4 * capacity * lora.layout().parameters();
      Clipping byPair = Clipping.perPair(1, lora.layout().size());
      try (ClippedGradSum sum = new ClippedGradSum(backend, lora.layout(), 16, byPair)) {
        assertTrue(bytes(sum, UnitClip::of) >= stored);
        assertTrue(bytes(sum, UnitClip::stored) >= stored);
        assertTrue(bytes(sum, UnitClip::pairwise) < stored / 8);
      }
    }
    onCuda(
        () -> {
          try (Backend backend = Backends.open("cuda", 1);
              LanguageModel model = TinyModel.llamaModel(backend, dir);
              LoraAdapters lora = TinyModel.adapters(model, "q_proj", "v_proj")) {
            long stored = 4 * capacity * lora.layout().parameters();
            Clipping byPair = Clipping.perPair(1, lora.layout().size());
            for (Clipping clipping : List.of(byPair, Clipping.flat(1))) {
              try (ClippedGradSum sum = new ClippedGradSum(backend, lora.layout(), 16, clipping)) {
                assertEquals(clipping.isFlat(), bytes(sum, UnitClip::of) >= stored);
              }
            }
          }
        });
  }

  private static long bytes(
      ClippedGradSum sum, BiFunction<ClippedGradSum, Integer, UnitClip> form) {
    long before = sum.backend().liveBytes();
    try (UnitClip clip = form.apply(sum, 16)) {
      assertTrue(clip.norms().blocks() > 0);
      return sum.backend().liveBytes() - before;
    }
  }

  /** Token 5 stands in one unit alone. */
  private static void spoil(LanguageModel model) {
    float[] values = new float[TinyModel.HIDDEN];
    Arrays.fill(values, Float.NaN);
    DeviceBuffer row = model.flatWeights().slice(5L * TinyModel.HIDDEN, TinyModel.HIDDEN);
    row.upload(values);
  }

  @Test
  void flatClippingCannotGoPairByPair() {
    List<PrivacyUnit> units = TinyModel.units(2, 3);
    int[] all = {0, 1};
    try (Backend backend = Backends.open("cpu", 1);
        LanguageModel model = TinyModel.llamaModel(backend, dir);
        LoraAdapters lora = TinyModel.adapters(model, "q_proj")) {
      ClippedSums sums = new ClippedSums(model, lora, Clipping.flat(1));
      assertThrows(
          IllegalStateException.class, () -> sums.of(units, all, PLANS.get(0), UnitClip::pairwise));
      double[] chosen = sums.of(units, all, PLANS.get(0), UnitClip::of).gradient();
      assertArrayEquals(sums.of(units, all, PLANS.get(0)), chosen);
      assertFalse(Arrays.equals(new double[chosen.length], chosen));
    }
  }
}
