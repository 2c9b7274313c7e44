package dev.sotto.checkpoint;

/**
 * Conversions between single precision and the two 16-bit formats of checkpoints.
 *
 * <p>Narrowing rounds to nearest, ties to even, as PyTorch does; JDK 17 has no {@code
 * Float.float16ToFloat} yet.
 */
final class FloatFormats {
  private FloatFormats() {}

  /** Widens a bfloat16; exact. */
  static float fromBf16(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  /** Narrows to bfloat16; NaN stays NaN, overflow becomes infinity. */
  static short toBf16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) ((bits >>> 16) | 0x40);
    }
    // Adding half a unit less one, plus the lowest kept bit, carries exactly when rounding up.
    return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
  }

  /** Widens a half; exact. */
  static float fromF16(short half) {
    int sign = (half & 0x8000) << 16;
    int exponent = (half >>> 10) & 0x1f;
    int fraction = half & 0x3ff;
    if (exponent == 0) {
      // Subnormal halves are multiples of 2^-24, which a single holds exactly.
      float magnitude = fraction * 0x1p-24f;
      return sign != 0 ? -magnitude : magnitude;
    }
    if (exponent == 31) {
      return Float.intBitsToFloat(sign | 0x7f800000 | (fraction << 13));
    }
    return Float.intBitsToFloat(sign | ((exponent + 112) << 23) | (fraction << 13));
  }

  /** Narrows to half; NaN stays NaN, magnitudes of 65520 and more become infinity. */
  static short toF16(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = (bits >>> 16) & 0x8000;
    int magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) {
      return (short) (sign | 0x7e00);
    }
    if (magnitude >= 0x477ff000) {
      return (short) (sign | 0x7c00);
    }
    if (magnitude < 0x38800000) {
      // Below 2^-14 the result is a count of 2^-24, and rint rounds ties to even.
      return (short) (sign | (int) Math.rint(Math.abs(value) * 0x1p24));
    }
    int rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
    return (short) (sign | ((rounded - (112 << 23)) >>> 13));
  }
}
