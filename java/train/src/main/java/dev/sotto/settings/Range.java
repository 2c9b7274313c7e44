package dev.sotto.settings;

import java.util.function.DoublePredicate;

/** Where a number must lie. */
public enum Range {
  /** Above zero. */
  POSITIVE(v -> v > 0, "a number above 0", "1"),
  /** Zero or above. */
  NOT_NEGATIVE(v -> v >= 0, "a number of at least 0", "0"),
  /** A probability that can happen: 1 is one. */
  PROBABILITY(v -> v > 0 && v <= 1, "a number above 0 and at most 1", "0.01"),
  /** A clip norm, far within what the grid of exact sums spans. */
  CLIP_NORM(v -> v >= 1e-30 && v <= 1e30, "a number from 1e-30 to 1e30", "1"),
  /** An advantage to plan for: near 0 and 1 no noise of any use meets it. */
  ADVANTAGE(v -> v >= 1e-4 && v <= 0.999, "a number from 0.0001 to 0.999", "0.1"),
  /** A δ. */
  DELTA(v -> v > 0 && v < 1, "a number above 0 and below 1", "1e-5"),
  /** A share that leaves something over. */
  FRACTION(v -> v >= 0 && v < 1, "a number of at least 0 and below 1", "0.1");

  private final DoublePredicate holds;
  private final String words;
  private final String example;

  Range(DoublePredicate holds, String words, String example) {
    this.holds = holds;
    this.words = words;
    this.example = example;
  }

  boolean contains(double value) {
    return Double.isFinite(value) && holds.test(value);
  }

  /** What is wanted, for messages. */
  String words() {
    return words;
  }

  /** A number in it. */
  String example() {
    return example;
  }
}
