package dev.sotto.noise;

/** Checks of the parameters of a noise law, named as in a noise file; NaN fails every one. */
final class Parameters {
  private Parameters() {}

  static void finite(String name, double value) {
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException(name + " must be a finite number, got " + value);
    }
  }

  static void weight(String name, double value) {
    finite(name, value);
    if (value < 0) {
      throw new IllegalArgumentException(name + " must be at least 0, got " + value);
    }
  }

  /** The parameters of an absent term, of weight 0, need only be finite. */
  static void positive(String name, double value, double weight) {
    finite(name, value);
    if (weight > 0 && !(value > 0)) {
      throw new IllegalArgumentException(name + " must be above 0, got " + value);
    }
  }

  static void range(String lowName, double low, String highName, double high, double weight) {
    finite(lowName, low);
    finite(highName, high);
    if (weight == 0) {
      return;
    }
    if (low < 0) {
      throw new IllegalArgumentException(lowName + " must be at least 0, got " + low);
    }
    positive(highName, high, weight);
    if (low > high) {
      throw new IllegalArgumentException(
          lowName + " must not be above " + highName + ", got " + low + " and " + high);
    }
  }
}
