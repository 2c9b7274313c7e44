package dev.sotto.trainer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.clip.ClippedGradSum;
import dev.sotto.clip.Clipping;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.data.Block;
import dev.sotto.data.PrivacyUnit;
import dev.sotto.fixtures.TinyModel;
import dev.sotto.model.LanguageModel;
import dev.sotto.model.LoraAdapters;
import dev.sotto.model.PassCapacity;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What one unit can do to the clipped sum, through the real model and every way of cutting a batch.
 */
class MicroBatchesTest {
  private static final int UNITS = 9;
  private static final double CLIP = 0.05;

  @TempDir Path dir;
  private Backend backend;
  private LanguageModel model;
  private LoraAdapters lora;
  private List<PrivacyUnit> units;

  @BeforeEach
  void open() {
    backend = Backends.open("cpu", 2);
    model = TinyModel.llamaModel(backend, dir);
    lora = TinyModel.adapters(model, "q_proj", "v_proj", "down_proj");
    units = TinyModel.units(UNITS, 3);
  }

  @AfterEach
  void close() {
    lora.close();
    model.close();
    backend.close();
  }

  private ClippedSums sums(Clipping clipping) {
    return new ClippedSums(model, lora, clipping);
  }

  private List<Clipping> clippings() {
    double[] norms = new double[lora.layout().size()];
    Arrays.setAll(norms, k -> 0.01 * (k + 1));
    return List.of(Clipping.flat(CLIP), Clipping.flat(1e3), Clipping.perPair(norms));
  }

  @Test
  void sameBitsForEveryMicroBatchAndOrder() {
    for (Clipping clipping : clippings()) {
      double[] expected = sums(clipping).of(units, ClippedSums.wide(UNITS));
      assertTrue(Arrays.stream(expected).anyMatch(v -> v != 0));
      for (int micro : new int[] {1, 2, 5}) {
        assertArrayEquals(
            expected,
            sums(clipping).of(units, PassCapacity.train(400, 40, micro, TinyModel.MAX_LENGTH)),
            "micro-batches of " + micro);
      }
      assertArrayEquals(
          expected, sums(clipping).of(units, PassCapacity.train(36, 3, 9, TinyModel.MAX_LENGTH)));
      List<PrivacyUnit> shuffled = new ArrayList<>(units);
      Collections.shuffle(shuffled, new Random(4));
      assertArrayEquals(expected, sums(clipping).of(shuffled, ClippedSums.wide(UNITS)));
    }
  }

  /**
   * Pieces add up in another order than one pass does, so single gradients differ by float
   * rounding: 1e-5 of the clip norm bounds what is left of that after clipping.
   */
  @Test
  void aUnitTooLongForOnePassGoesThroughInPieces() {
    Random random = new Random(7);
    List<Block> blocks = new ArrayList<>();
    for (int b = 0; b < 8; b++) {
      blocks.add(TinyModel.block(random, 5 + b % 4));
    }
    List<PrivacyUnit> longUnit = List.of(units.get(0), new PrivacyUnit(blocks), units.get(1));
    for (Clipping clipping : clippings()) {
      double bound = 1e-5 * Arrays.stream(clipping.clipNorms()).max().orElseThrow();
      double[] whole = sums(clipping).of(longUnit, PassCapacity.train(200, 20, 3, 12));
      double[] byRows = sums(clipping).of(longUnit, PassCapacity.train(13, 20, 3, 12));
      double[] bySequences = sums(clipping).of(longUnit, PassCapacity.train(200, 3, 3, 12));
      assertArrayEquals(whole, byRows, bound);
      assertArrayEquals(whole, bySequences, bound);
    }
    double[] alone =
        sums(Clipping.flat(CLIP)).of(longUnit.subList(1, 2), PassCapacity.train(13, 20, 3, 12));
    assertEquals(
        CLIP, norm(alone, 0, alone.length), 1e-4 * CLIP, "clipped once, not piece by piece");
  }

  @Test
  void unitsWithNothingToLearnContributeNothing() {
    Block single = new Block(new int[] {12}, new int[] {Block.NO_TARGET});
    List<PrivacyUnit> padded = new ArrayList<>(units);
    padded.add(0, new PrivacyUnit(List.of()));
    padded.add(3, new PrivacyUnit(List.of(single)));
    padded.add(new PrivacyUnit(List.of(single, single)));
    double[] expected = sums(Clipping.flat(CLIP)).of(units, ClippedSums.wide(UNITS));
    assertArrayEquals(expected, sums(Clipping.flat(CLIP)).of(padded, ClippedSums.wide(UNITS)));
    assertArrayEquals(
        expected,
        sums(Clipping.flat(CLIP)).of(padded, PassCapacity.train(36, 3, 2, TinyModel.MAX_LENGTH)));
    double[] nothing =
        sums(Clipping.flat(CLIP)).of(List.of(padded.get(0), padded.get(3)), ClippedSums.wide(2));
    assertArrayEquals(new double[nothing.length], nothing);
    double[] nobody = sums(Clipping.flat(CLIP)).of(units, new int[0], ClippedSums.wide(UNITS));
    assertArrayEquals(new double[nothing.length], nobody);
  }

  /** Neighbouring corpora through the real model: the guarantee every account rests on. */
  @Test
  void oneUnitWithAllItsBlocksMovesTheSumByAtMostTheSensitivity() {
    PassCapacity capacity = PassCapacity.train(30, 3, 4, TinyModel.MAX_LENGTH);
    for (Clipping clipping : clippings()) {
      double[] with = sums(clipping).of(units, capacity);
      double closest = 0;
      try (ClippedGradSum stated = new ClippedGradSum(backend, lora.layout(), 1, clipping)) {
        for (int removed = 0; removed < UNITS; removed++) {
          List<PrivacyUnit> rest = new ArrayList<>(units);
          rest.remove(removed);
          double[] moved = sums(clipping).of(rest, capacity);
          for (int i = 0; i < moved.length; i++) {
            moved[i] = with[i] - moved[i];
          }
          for (int g = 0; g < stated.groups(); g++) {
            double distance = norm(moved, (int) stated.offset(g), (int) stated.size(g));
            assertTrue(
                distance <= stated.sensitivity(g),
                "unit " + removed + " moves group " + g + " by " + distance);
            closest = Math.max(closest, distance / stated.clipNorm(g));
          }
        }
      }
      boolean clips = Arrays.stream(clipping.clipNorms()).max().orElseThrow() < 1;
      assertTrue(!clips || closest > 0.999, "nothing came near the bound: " + closest);
    }
  }

  /**
   * Token 5 stands in no unit but one; its embedding is spoiled, so that this unit alone overflows
   * or turns to NaN.
   */
  @Test
  void aUnitWhoseGradientIsNotFiniteContributesZeroAndTouchesNobody() {
    List<PrivacyUnit> poisoned = new ArrayList<>(units);
    int[] ids = {14, 5, 20, 31};
    Block bad = new Block(ids, new int[] {5, 20, 31, Block.NO_TARGET});
    poisoned.add(4, new PrivacyUnit(List.of(bad, units.get(0).blocks().get(0))));
    DeviceBuffer row = model.flatWeights().slice(5L * TinyModel.HIDDEN, TinyModel.HIDDEN);
    for (Clipping clipping : clippings()) {
      double[] expected = sums(clipping).of(units, ClippedSums.wide(UNITS));
      double[] healthy = sums(clipping).of(poisoned, ClippedSums.wide(UNITS + 1));
      assertTrue(!Arrays.equals(expected, healthy), "the unit counts while it is healthy");
      float[] before = row.downloadFloats(TinyModel.HIDDEN);
      for (float value : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
        float[] spoiled = new float[TinyModel.HIDDEN];
        Arrays.fill(spoiled, value);
        row.upload(spoiled);
        assertArrayEquals(expected, sums(clipping).of(poisoned, ClippedSums.wide(UNITS + 1)));
        assertArrayEquals(
            expected,
            sums(clipping).of(poisoned, PassCapacity.train(36, 3, 3, TinyModel.MAX_LENGTH)));
      }
      row.upload(before);
    }
  }

  @Test
  void aCorpusCutTooLongIsRefusedWithoutSayingWhichRecord() {
    PassCapacity capacity = PassCapacity.train(60, 6, 6, TinyModel.MAX_LENGTH - 5);
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class, () -> sums(Clipping.flat(1)).of(units, capacity));
    assertTrue(e.getMessage().contains("longer sequences than the 7 tokens"), e.getMessage());
  }

  static double norm(double[] values, int offset, int size) {
    double square = 0;
    for (int i = offset; i < offset + size; i++) {
      square += values[i] * values[i];
    }
    return Math.sqrt(square);
  }
}
