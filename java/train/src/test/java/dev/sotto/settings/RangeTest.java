package dev.sotto.settings;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RangeTest {
  @ParameterizedTest
  @EnumSource(Range.class)
  void everyRangeEndsAndHoldsItsExample(Range range) {
    assertTrue(range.contains(Double.parseDouble(range.example())));
    for (double none : new double[] {1e300, -1e-300, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertFalse(range.contains(none), range + " holds " + none);
    }
  }
}
