package dev.sotto.control;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ObservationEncoderTest {
  /** Two pairs, C = 2: the base is √2. */
  private static ObservationEncoder encoder() {
    return new ObservationEncoder(2, new Actions(Interval.options("rldp", 2)));
  }

  private static final double BASE = Math.sqrt(2);

  @Test
  void encodesAsDocumented() {
    ObservationEncoder encoder = encoder();
    double[] first =
        encoder.encode(
            Interval.of(4 * BASE, BASE / 2)
                .at(0.1, 0.8)
                .statistics(3, 0.2, 0.9)
                .statistics(5, 0.4, 1.3)
                .gradientNorms(3, 10)
                .gradientNorms(4, 10)
                .adapterNorms(Math.E, 1)
                .observation(),
            -0.25);
    assertEquals(13, ObservationEncoder.size(2));
    assertArrayEquals(
        new double[] {1, -0.2, 0, 1, -0.5, 0.6, 0, 0, 0.1, 0.8, 4, 0, -0.25}, first, 1e-12);
    double[] second =
        encoder.encode(
            Interval.of(BASE, BASE)
                .at(0.2, 0.7)
                .statistics(3.5, 0.5, 0.5)
                .gradientNorms(Math.sqrt(12.5) * Math.E, 10 / Math.E)
                .observation(),
            0);
    assertArrayEquals(
        new double[] {0, 0, 1, 0, 0, 0, -1, 0, 0.2, 0.7, 3.5, -0.5, 0}, second, 1e-12);
  }

  @Test
  void staysFiniteWhateverTrainingDoes() {
    ObservationEncoder encoder = encoder();
    double[] extremes = {Double.NaN, Double.POSITIVE_INFINITY, 3, Double.NEGATIVE_INFINITY, 2};
    double[] losses = {0, 0, 3, 3, 2};
    double[] changes = {0, 0, 0, 0, -1};
    for (int i = 0; i < extremes.length; i++) {
      double[] code =
          encoder.encode(
              Interval.of(1e300, 1e-300)
                  .statistics(1, 1e9, -1e9)
                  .gradientNorms(0, 1e300)
                  .adapterNorms(0, 1e300)
                  .validation(extremes[i])
                  .observation(),
              0);
      assertTrue(Arrays.stream(code).allMatch(c -> Math.abs(c) <= 14), Arrays.toString(code));
      assertEquals(losses[i], code[10]);
      assertEquals(changes[i], code[11]);
    }
  }

  @Test
  void goesOnFromItsState() {
    ObservationEncoder one = encoder();
    ObservationEncoder other = encoder();
    other.restore(null, null);
    Observation seen = Interval.plain(1, 2).validation(2).observation();
    assertArrayEquals(one.encode(seen, 0), other.encode(seen, 0));
    ObservationEncoder third = encoder();
    third.restore(one.scaleState(), one.lossState());
    Observation later = Interval.plain(3, 1).validation(1).observation();
    assertArrayEquals(one.encode(later, 0), third.encode(later, 0));
  }

  @Test
  void observationsAreOfOneNumberOfPairs() {
    assertThrows(
        IllegalArgumentException.class, () -> Interval.of(1, 1).statistics(3, 0.5).observation());
    assertThrows(
        IllegalArgumentException.class, () -> Interval.of(1, 1).gradientNorms(1).observation());
    assertThrows(
        IllegalArgumentException.class, () -> Interval.of(1, 1).adapterNorms(1).observation());
  }
}
