package dev.sotto.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class FloatFormatsTest {
  @Test
  void everyHalfSurvivesWideningAndNarrowing() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      short half = (short) bits;
      float wide = FloatFormats.fromF16(half);
      if (Float.isNaN(wide)) {
        assertTrue((bits & 0x7c00) == 0x7c00 && (bits & 0x3ff) != 0);
        assertTrue(Float.isNaN(FloatFormats.fromF16(FloatFormats.toF16(wide))));
      } else {
        assertEquals(half, FloatFormats.toF16(wide));
      }
    }
  }

  @Test
  void halvesHaveKnownValues() {
    assertEquals(1f, FloatFormats.fromF16((short) 0x3c00));
    assertEquals(-2f, FloatFormats.fromF16((short) 0xc000));
    assertEquals(65504f, FloatFormats.fromF16((short) 0x7bff));
    assertEquals(0x1p-24f, FloatFormats.fromF16((short) 0x0001));
    assertEquals(Float.POSITIVE_INFINITY, FloatFormats.fromF16((short) 0x7c00));
  }

  @Test
  void narrowingToHalfRoundsToNearestEven() {
    // Between any two neighbours: below the middle down, above it up, at it to the even one.
    for (int bits = 0; bits < 0x7bff; bits++) {
      float low = FloatFormats.fromF16((short) bits);
      float high = FloatFormats.fromF16((short) (bits + 1));
      float middle = (low + high) / 2;
      assertEquals(bits % 2 == 0 ? bits : bits + 1, FloatFormats.toF16(middle));
      assertEquals(bits, FloatFormats.toF16(Math.nextDown(middle)));
      assertEquals(bits + 1, FloatFormats.toF16(Math.nextUp(middle)));
      assertEquals((short) (bits + 1 | 0x8000), FloatFormats.toF16(-Math.nextUp(middle)));
    }
    assertEquals(0x7bff, FloatFormats.toF16(Math.nextDown(65520f)));
    assertEquals(0x7c00, FloatFormats.toF16(65520f));
  }

  @Test
  void narrowingToBrainFloatRoundsToNearestEven() {
    for (int bits = 0; bits < 0x7f80; bits += 3) {
      float low = FloatFormats.fromBf16((short) bits);
      float middle = Float.intBitsToFloat((bits << 16) | 0x8000);
      assertEquals((short) bits, FloatFormats.toBf16(low));
      assertEquals(bits % 2 == 0 ? bits : bits + 1, FloatFormats.toBf16(middle));
      assertEquals(bits, FloatFormats.toBf16(Math.nextDown(middle)));
      assertEquals(bits + 1, FloatFormats.toBf16(Math.nextUp(middle)));
    }
    assertEquals(0x7f80, FloatFormats.toBf16(Float.MAX_VALUE));
    assertTrue(
        Float.isNaN(FloatFormats.fromBf16(FloatFormats.toBf16(Float.intBitsToFloat(0x7f800001)))));
  }
}
