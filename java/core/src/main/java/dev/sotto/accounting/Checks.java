package dev.sotto.accounting;

/** Argument checks with one clear line each; NaN fails every one of them. */
final class Checks {
  private Checks() {}

  static double positive(double value, String name) {
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException(name + " must be a finite number above 0, got " + value);
    }
    return value;
  }

  static double probability(double value, String name) {
    if (!(value > 0) || value > 1) {
      throw new IllegalArgumentException(name + " must lie in (0, 1], got " + value);
    }
    return value;
  }

  static double delta(double value) {
    if (!(value > 0) || value >= 1) {
      throw new IllegalArgumentException("delta must lie strictly between 0 and 1, got " + value);
    }
    return value;
  }

  static long count(long value, String name) {
    if (value < 1 || value > RepeatedEvent.MAX_COUNT) {
      throw new IllegalArgumentException(
          name + " must lie in [1, " + RepeatedEvent.MAX_COUNT + "], got " + value);
    }
    return value;
  }
}
