package dev.sotto.clip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the statistics promise: bounded influence of every unit, exactness, the right numbers. */
class BatchStatisticsTest {
  private static final double LOSS_BOUND = 10;

  private Backend backend;

  @BeforeEach
  void open() {
    backend = Backends.open("cpu", 1);
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private double[] sums(RandomNorms units, Clipping clipping, int[] chosen, int micro) {
    int pairs = units.squaredNorms[0].length;
    BatchStatistics statistics = new BatchStatistics(clipping.clipNorms().length, LOSS_BOUND);
    statistics.reset(clipping, RandomNorms.layout(pairs));
    units.addTo(backend, statistics, chosen, micro);
    return statistics.exactSums().value();
  }

  private static double distance(double[] a, double[] b) {
    double square = 0;
    for (int i = 0; i < a.length; i++) {
      square += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return Math.sqrt(square);
  }

  /** The bound is reached, and two units together break it: the test can fail. */
  @Test
  void oneUnitMovesTheSumsByAtMostTheSensitivity() {
    Random random = new Random(31);
    double closest = 0;
    boolean twoBreakIt = false;
    for (int trial = 0; trial < 200; trial++) {
      int pairs = 1 + random.nextInt(6);
      int count = 2 + random.nextInt(5);
      double[] clipNorms = random.doubles(pairs, 0.01, 3).toArray();
      boolean flat = random.nextInt(4) == 0;
      Clipping clipping = flat ? Clipping.flat(clipNorms[0]) : Clipping.perPair(clipNorms);
      double bound = BatchStatistics.sensitivity(clipping.clipNorms().length);
      RandomNorms units = new RandomNorms(random, count, clipNorms, LOSS_BOUND);
      int[] all = IntStream.range(0, count).toArray();
      double[] with = sums(units, clipping, all, 2);
      double[] withoutTwo = sums(units, clipping, Arrays.copyOf(all, count - 2), 2);
      twoBreakIt |= distance(with, withoutTwo) > bound;
      for (int removed : all) {
        int[] rest = IntStream.of(all).filter(s -> s != removed).toArray();
        double moved = distance(with, sums(units, clipping, rest, 3));
        assertTrue(moved <= bound, moved + " exceeds " + bound);
        closest = Math.max(closest, moved / bound);
      }
    }
    assertEquals(1, closest, 1e-12, "some unit comes to the bound");
    assertTrue(twoBreakIt, "two units must break the bound of one");
  }

  @Test
  void sumsAreExactMultiplesOfTheGridWhateverTheOrder() {
    Random random = new Random(32);
    double[] clipNorms = {0.3, 1, 2};
    RandomNorms units = new RandomNorms(random, 40, clipNorms, LOSS_BOUND);
    int[] order = IntStream.range(0, 40).toArray();
    double[] expected = sums(units, Clipping.perPair(clipNorms), order, 40);
    for (double sum : expected) {
      assertEquals(Math.rint(sum / BatchStatistics.QUANTUM), sum / BatchStatistics.QUANTUM);
    }
    assertFalse(expected[3] == Math.rint(2 * expected[3]) / 2, "losses are finer than indicators");
    for (int micro : new int[] {1, 3, 17}) {
      for (int i = order.length - 1; i > 0; i--) {
        int j = random.nextInt(i + 1);
        int swap = order[i];
        order[i] = order[j];
        order[j] = swap;
      }
      assertArrayEquals(expected, sums(units, Clipping.perPair(clipNorms), order, micro));
    }
  }

  @Test
  void countsWhatIsClippedAndAveragesBoundedLosses() {
    RandomNorms units = new RandomNorms(new Random(33), 4, new double[] {1, 2}, LOSS_BOUND);
    double[][] squared = {{0.25, 5}, {1, 4}, {1.0001, 0}, {Double.NaN, 9}};
    System.arraycopy(squared, 0, units.squaredNorms, 0, 4);
    double[] losses = {2.5, 40, Double.NaN, 0};
    System.arraycopy(losses, 0, units.losses, 0, 4);
    int[] all = {0, 1, 2, 3};
    // Shares of the bound: 0.25, 1, 1, 0. At the threshold itself nothing is clipped.
    assertArrayEquals(
        new double[] {0, 0, 0.25}, sums(units, Clipping.perPair(new double[] {1, 2}), all, 4));
    // Squared norms over both pairs: 5.25, 5, 1.0001, NaN.
    assertArrayEquals(new double[] {0, 0.25}, sums(units, Clipping.flat(2.27), all, 4));
    assertArrayEquals(new double[] {1, 0.25}, sums(units, Clipping.flat(2), all, 4));
  }

  @Test
  void sensitivityIsKnownBeforeAnythingIsMade() {
    assertEquals(1.5, BatchStatistics.sensitivity(8));
    assertEquals(1.5, new BatchStatistics(8, LOSS_BOUND).sensitivity());
    assertEquals(9, new BatchStatistics(8, LOSS_BOUND).size());
  }

  @Test
  void refusesBadInput() {
    for (double bad : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      String message =
          assertThrows(IllegalArgumentException.class, () -> new BatchStatistics(2, bad))
              .getMessage();
      assertTrue(message.contains("loss bound"), message);
    }
    assertThrows(IllegalArgumentException.class, () -> new BatchStatistics(0, 1));
    BatchStatistics statistics = new BatchStatistics(2, 1);
    RandomNorms units = new RandomNorms(new Random(34), 3, new double[] {1, 1}, 1);
    int[] one = {0};
    assertThrows(
        IllegalStateException.class, () -> units.addTo(backend, statistics, one, 1), "no reset");
    assertThrows(
        IllegalArgumentException.class,
        () -> statistics.reset(Clipping.flat(1), RandomNorms.layout(2)));
    statistics.reset(Clipping.perPair(1, 2), RandomNorms.layout(2));
    RandomNorms three = new RandomNorms(new Random(35), 1, new double[] {1, 1, 1}, 1);
    assertThrows(IllegalArgumentException.class, () -> three.addTo(backend, statistics, one, 1));
  }
}
