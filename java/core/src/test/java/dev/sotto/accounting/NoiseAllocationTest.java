package dev.sotto.accounting;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class NoiseAllocationTest {

  @Test
  void everyAllocationKeepsTheMultiplier() {
    Random random = new Random(2);
    for (int i = 0; i < 200; i++) {
      int groups = 1 + random.nextInt(8);
      double[] clips = random.doubles(groups, 0.01, 5).toArray();
      int[] sizes = random.ints(groups, 1, 100_000).toArray();
      double least = Double.POSITIVE_INFINITY;
      for (NoiseAllocation allocation : NoiseAllocation.values()) {
        double[] stddevs = allocation.stddevs(0.9, clips, sizes);
        assertEquals(0.9, GaussianEvent.ofGroups(clips, stddevs).noiseMultiplier(), 1e-13);
        double variance = 0;
        for (int k = 0; k < groups; k++) {
          variance += sizes[k] * stddevs[k] * stddevs[k];
        }
        least = Math.min(least, variance);
        if (allocation == NoiseAllocation.MINIMUM_VARIANCE) {
          assertTrue(variance <= least * (1 + 1e-12));
        }
      }
    }
  }

  @Test
  void formulasAreThoseOfTheirNames() {
    double[] clips = {3, 4};
    int[] sizes = {1, 16};
    double root = Math.sqrt(2);
    assertArrayEquals(
        new double[] {2 * root * 3, 2 * root * 4},
        NoiseAllocation.UNIFORM.stddevs(2, clips, sizes),
        1e-13);
    assertArrayEquals(
        new double[] {10, 10}, NoiseAllocation.PROPORTIONAL.stddevs(2, clips, sizes), 1e-13);
    double total = 3 * 1 + 4 * 4;
    assertArrayEquals(
        new double[] {2 * Math.sqrt(3 * total), 2 * Math.sqrt(total)},
        NoiseAllocation.MINIMUM_VARIANCE.stddevs(2, clips, sizes),
        1e-12);
  }

  @Test
  void badShapesAreRefused() {
    NoiseAllocation uniform = NoiseAllocation.UNIFORM;
    assertThrows(
        IllegalArgumentException.class, () -> uniform.stddevs(1, new double[1], new int[1]));
    assertThrows(
        IllegalArgumentException.class, () -> uniform.stddevs(1, new double[0], new int[0]));
    assertThrows(
        IllegalArgumentException.class, () -> uniform.stddevs(1, new double[] {1}, new int[2]));
    assertThrows(
        IllegalArgumentException.class,
        () -> uniform.stddevs(Double.NaN, new double[] {1}, new int[] {1}));
  }
}
