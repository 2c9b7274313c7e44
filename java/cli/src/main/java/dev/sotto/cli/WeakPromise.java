package dev.sotto.cli;

import dev.sotto.base.Figures;

/** What is legal to promise and protects hardly anybody is said to whoever promises it. */
final class WeakPromise {
  private static final double MOST_EPSILON = 20;
  private static final double MOST_DELTA = 1e-3;

  private WeakPromise() {}

  /** Says so beside the result where an ε or δ is that large. */
  static void note(Console console, double epsilon, double delta) {
    if (epsilon > MOST_EPSILON) {
      console.note(
          "WEAK      epsilon "
              + Figures.number(epsilon)
              + " promises next to nothing: whoever sees the release may tell almost surely that a"
              + " unit took part; 10 or less is usual");
    }
    noteDelta(console, delta);
  }

  /** The same of a δ alone. */
  static void noteDelta(Console console, double delta) {
    if (delta > MOST_DELTA) {
      console.note(
          "WEAK      delta "
              + Figures.bound(delta)
              + " is no guarantee for "
              + Figures.count(Math.ceil(1 / delta))
              + " privacy units or more: whole records may then be published; 1e-5 or less is usual");
    }
  }
}
