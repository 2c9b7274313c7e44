package dev.sotto.clip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the sum promises: bounded influence of every unit, exactness, indifference to order. */
class ClippedGradSumTest {
  private static final int UNITS = 23;

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "cpu-reference"})
  void oneUnitMovesEachGroupByAtMostItsSensitivity(String name) {
    try (Backend backend = Backends.open(name, 2)) {
      RandomUnits units = new RandomUnits(backend, UNITS, 1);
      int[] all = IntStream.range(0, UNITS).toArray();
      for (Clipping clipping :
          new Clipping[] {
            Clipping.flat(0.7),
            Clipping.perPair(new double[] {0.3, 1.9}),
            Clipping.flat(0.7).normalised(0.01),
            Clipping.perPair(new double[] {0.3, 1.9}).normalised(0.01)
          }) {
        double[] with = sum(backend, units, clipping, all, 8);
        double closest = 0;
        for (int removed : all) {
          int[] rest = IntStream.of(all).filter(s -> s != removed).toArray();
          double[] without = sum(backend, units, clipping, rest, 8);
          closest = Math.max(closest, checkMoves(backend, clipping, with, without));
        }
        assertTrue(closest > 0.999, "no unit came near the bound, so the test shows nothing");
      }
    }
  }

  /** Largest ratio of movement to clip norm; fails if any exceeds the stated sensitivity. */
  private static double checkMoves(
      Backend backend, Clipping clipping, double[] with, double[] without) {
    double largest = 0;
    try (ClippedGradSum stated = new ClippedGradSum(backend, RandomUnits.LAYOUT, 1, clipping)) {
      for (int g = 0; g < stated.groups(); g++) {
        double square = 0;
        for (int i = 0; i < stated.size(g); i++) {
          int p = (int) stated.offset(g) + i;
          square += (with[p] - without[p]) * (with[p] - without[p]);
        }
        assertTrue(
            Math.sqrt(square) <= stated.sensitivity(g),
            Math.sqrt(square) + " exceeds " + stated.sensitivity(g));
        assertTrue(stated.sensitivity(g) < stated.clipNorm(g) * (1 + 1e-4), "slack is small");
        largest = Math.max(largest, Math.sqrt(square) / stated.clipNorm(g));
      }
    }
    return largest;
  }

  @Test
  void sameBitsForEveryOrderAndMicroBatch() {
    try (Backend backend = Backends.open("cpu", 2)) {
      RandomUnits units = new RandomUnits(backend, UNITS, 2);
      int[] order = IntStream.range(0, UNITS).toArray();
      double[] expected = sum(backend, units, Clipping.flat(1), order, UNITS);
      Random random = new Random(3);
      for (int micro : new int[] {1, 2, 7, 22}) {
        for (int i = order.length - 1; i > 0; i--) {
          int j = random.nextInt(i + 1);
          int swap = order[i];
          order[i] = order[j];
          order[j] = swap;
        }
        assertArrayEquals(expected, sum(backend, units, Clipping.flat(1), order, micro));
      }
    }
  }

  @Test
  void nonFiniteUnitContributesZero() {
    try (Backend backend = Backends.open("cpu", 2)) {
      int[] all = IntStream.range(0, UNITS).toArray();
      int[] rest = IntStream.of(all).filter(s -> s != 4).toArray();
      RandomUnits clean = new RandomUnits(backend, UNITS, 5);
      double[] expected = sum(backend, clean, Clipping.flat(1), rest, 8);
      for (float value : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
        RandomUnits poisoned = new RandomUnits(backend, UNITS, 5);
        poisoned.poison(4, value);
        assertArrayEquals(expected, sum(backend, poisoned, Clipping.flat(1), all, 8));
      }
    }
  }

  /** One unit far below the stabilizer and one far above: by its length, and by its direction. */
  @Test
  void normalisingKeepsDirectionsAndTheGroups() {
    Clipping plain = Clipping.perPair(new double[] {0.3, 1.9});
    Clipping normalised = plain.normalised(0.01);
    assertEquals(0, plain.stabilizer());
    assertEquals(0.01, normalised.stabilizer());
    assertEquals(plain.groups(RandomUnits.LAYOUT), normalised.groups(RandomUnits.LAYOUT));
    try (Backend backend = Backends.open("cpu", 2)) {
      RandomUnits units = new RandomUnits(backend, UNITS, 9);
      boolean longer = false;
      for (int s = 0; s < UNITS; s++) {
        double[] clipped = sum(backend, units, plain, new int[] {s}, 1);
        double[] scaled = sum(backend, units, normalised, new int[] {s}, 1);
        for (Clipping.Group group : plain.groups(RandomUnits.LAYOUT)) {
          double before = norm(clipped, group);
          double after = norm(scaled, group);
          assertTrue(after < group.clipNorm());
          if (before < 0.99 * group.clipNorm() && before > 1e-3) {
            double expected = group.clipNorm() * before / (before + 0.01);
            assertEquals(expected, after, 1e-3 * expected);
            longer = true;
          }
        }
      }
      assertTrue(longer, "some unit is not clipped");
    }
  }

  private static double norm(double[] values, Clipping.Group group) {
    double norm = 0;
    for (int i = 0; i < group.size(); i++) {
      norm = Math.hypot(norm, values[(int) group.offset() + i]);
    }
    return norm;
  }

  @Test
  void emptyBatchIsZero() {
    try (Backend backend = Backends.open("cpu", 2)) {
      RandomUnits units = new RandomUnits(backend, 1, 6);
      for (double value : sum(backend, units, Clipping.flat(1), new int[0], 4)) {
        assertEquals(0.0, value);
      }
    }
  }

  @Test
  void refusesBadClipNorms() {
    for (double bad : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThrows(IllegalArgumentException.class, () -> Clipping.flat(bad));
      if (bad != 0) {
        String message =
            assertThrows(IllegalArgumentException.class, () -> Clipping.flat(1).normalised(bad))
                .getMessage();
        assertTrue(message.contains("stabilizer"), message);
      }
    }
    try (Backend backend = Backends.open("cpu", 1)) {
      assertThrows(
          IllegalArgumentException.class,
          () ->
              new ClippedGradSum(
                  backend, RandomUnits.LAYOUT, 1, Clipping.perPair(new double[] {1, 1, 1})));
    }
  }

  @Test
  void sensitivitiesAreKnownBeforeAnythingIsAllocated() {
    Clipping clipping = Clipping.perPair(new double[] {0.3, 1.9});
    try (Backend backend = Backends.open("cpu", 1);
        ClippedGradSum sum = new ClippedGradSum(backend, RandomUnits.LAYOUT, 1, clipping)) {
      List<Clipping.Group> planned = clipping.groups(RandomUnits.LAYOUT);
      assertEquals(sum.groups(), planned.size());
      for (int g = 0; g < planned.size(); g++) {
        assertEquals(sum.offset(g), planned.get(g).offset());
        assertEquals(sum.size(g), planned.get(g).size());
        assertEquals(sum.quantum(g), planned.get(g).quantum());
        assertEquals(sum.sensitivity(g), planned.get(g).sensitivity());
        double bound = planned.get(g).clipNorm() * 0x1p-20 / Math.sqrt(planned.get(g).size());
        assertTrue(sum.quantum(g) <= bound && sum.quantum(g) > bound / 2);
      }
    }
  }

  @Test
  void refusesBatchesTooLargeToSumExactly() {
    Clipping.Group group = new Clipping.Group(0, 1 << 20, 1);
    group.requireExactSums((1 << 21) - 1);
    String message =
        assertThrows(IllegalArgumentException.class, () -> group.requireExactSums(1 << 21))
            .getMessage();
    assertTrue(message.contains("2097152") && message.contains("batch size"), message);
    assertThrows(IllegalArgumentException.class, () -> group.requireExactSums(Double.NaN));
  }

  private static double[] sum(
      Backend backend, RandomUnits units, Clipping clipping, int[] chosen, int micro) {
    try (ClippedGradSum sum = new ClippedGradSum(backend, RandomUnits.LAYOUT, micro, clipping)) {
      units.addTo(sum, chosen, micro);
      return sum.exactSum().value().downloadDoubles((int) sum.parameters());
    }
  }
}
