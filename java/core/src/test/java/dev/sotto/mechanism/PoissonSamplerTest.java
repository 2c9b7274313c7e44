package dev.sotto.mechanism;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.commons.math3.distribution.ChiSquaredDistribution;
import org.junit.jupiter.api.Test;

/**
 * Sampling is Poisson: inclusion counts of units and batch sizes both have binomial spread. Each
 * chi-squared test raises a false alarm with probability 1e-6; seeds are fixed, so the outcome is
 * too. A shuffled epoch has the right mean and fails both.
 */
class PoissonSamplerTest {
  private static final int UNITS = 500;
  private static final int STEPS = 2000;
  private static final double Q = 0.05;
  private static final double FALSE_ALARM = 1e-6;

  @Test
  void countsHaveBinomialSpread() {
    PoissonSampler sampler = new PoissonSampler(NoiseKey.seededForTests(11).sampling(), Q, UNITS);
    int[][] batches = new int[STEPS][];
    for (int step = 0; step < STEPS; step++) {
      batches[step] = sampler.sample(step);
    }
    assertTrue(isPoisson(batches));
  }

  @Test
  void shufflingIsCaught() {
    Random random = new Random(12);
    int size = (int) (Q * UNITS);
    int[] order = new int[UNITS];
    Arrays.setAll(order, i -> i);
    int[][] batches = new int[STEPS][];
    for (int step = 0; step < STEPS; step++) {
      int at = step * size % UNITS;
      if (at == 0) {
        for (int i = UNITS - 1; i > 0; i--) {
          int j = random.nextInt(i + 1);
          int swap = order[i];
          order[i] = order[j];
          order[j] = swap;
        }
      }
      batches[step] = Arrays.copyOfRange(order, at, at + size);
    }
    assertFalse(isPoisson(batches));
  }

  /**
   * Pearson's dispersion statistic of inclusions per unit and of batch sizes, each against its
   * chi-squared quantiles.
   */
  private static boolean isPoisson(int[][] batches) {
    double[] inclusions = new double[UNITS];
    double[] sizes = new double[STEPS];
    for (int step = 0; step < STEPS; step++) {
      sizes[step] = batches[step].length;
      for (int unit : batches[step]) {
        inclusions[unit]++;
      }
    }
    return spreadFits(inclusions, STEPS) && spreadFits(sizes, UNITS);
  }

  private static boolean spreadFits(double[] counts, int trials) {
    double statistic = 0;
    for (double count : counts) {
      statistic += Math.pow(count - trials * Q, 2) / (trials * Q * (1 - Q));
    }
    ChiSquaredDistribution law = new ChiSquaredDistribution(counts.length);
    return statistic > law.inverseCumulativeProbability(FALSE_ALARM / 2)
        && statistic < law.inverseCumulativeProbability(1 - FALSE_ALARM / 2);
  }

  @Test
  void addressedByKeyAndStep() {
    PoissonSampler one = new PoissonSampler(NoiseKey.seededForTests(13).sampling(), Q, UNITS);
    PoissonSampler same = new PoissonSampler(NoiseKey.seededForTests(13).sampling(), Q, UNITS);
    PoissonSampler other = new PoissonSampler(NoiseKey.seededForTests(14).sampling(), Q, UNITS);
    assertArrayEquals(one.sample(7), same.sample(7));
    assertFalse(Arrays.equals(one.sample(7), one.sample(8)));
    assertFalse(Arrays.equals(one.sample(7), other.sample(7)));
  }

  /** Cuts within a block of the key stream, at its ends, and ranges of one unit and of none. */
  @Test
  void partsOfADrawAreTheWholeDrawWhereverItIsCut() {
    PoissonSampler sampler = new PoissonSampler(NoiseKey.seededForTests(15).sampling(), 0.3, UNITS);
    for (int[] cuts : new int[][] {{0, 500}, {0, 1, 7, 8, 9, 16, 16, 63, 64, 65, 499, 500}}) {
      try (PoissonDraw draw = sampler.draw(3)) {
        int[] together =
            IntStream.range(1, cuts.length)
                .flatMap(part -> Arrays.stream(draw.among(cuts[part - 1], cuts[part])))
                .toArray();
        assertArrayEquals(sampler.sample(3), together);
      }
    }
  }

  @Test
  void certainUnitsOfAPartAreAllDrawn() {
    PoissonSampler sampler = new PoissonSampler(NoiseKey.seededForTests(15).sampling(), 1, UNITS);
    try (PoissonDraw draw = sampler.draw(1)) {
      assertArrayEquals(new int[] {498, 499}, draw.among(498, 500));
    }
  }

  @Test
  void aDrawHasNoUnitsBeyondTheRunsAndNoneOnceClosed() {
    PoissonSampler sampler = new PoissonSampler(NoiseKey.seededForTests(15).sampling(), Q, UNITS);
    PoissonDraw draw = sampler.draw(1);
    for (int[] bad : new int[][] {{-1, 3}, {4, 3}, {0, UNITS + 1}}) {
      assertThrows(IllegalArgumentException.class, () -> draw.among(bad[0], bad[1]));
    }
    draw.close();
    assertThrows(IllegalStateException.class, () -> draw.among(0, UNITS));
  }

  /** Computed by a few lines of Python from RFC 2104, RFC 8439 and the key schedule alone. */
  @Test
  void drawsWhoTheKeyScheduleSays() {
    PoissonSampler sampler = new PoissonSampler(NoiseKey.seededForTests(13).sampling(), Q, UNITS);
    assertArrayEquals(
        new int[] {
          17, 32, 46, 77, 79, 83, 91, 128, 187, 229, 270, 315, 342, 350, 374, 378, 381, 415, 496
        },
        sampler.sample(7));
  }

  @Test
  void certainAndNeverEmptyRates() {
    assertEquals(
        UNITS,
        new PoissonSampler(NoiseKey.fromOperatingSystem().sampling(), 1, UNITS).sample(1).length);
    assertEquals(
        0,
        new PoissonSampler(NoiseKey.seededForTests(1).sampling(), 1e-300, UNITS).sample(1).length);
    for (double bad : new double[] {0, -0.1, 1.1, Double.NaN}) {
      assertThrows(
          IllegalArgumentException.class,
          () -> new PoissonSampler(NoiseKey.seededForTests(1).sampling(), bad, UNITS));
    }
  }
}
