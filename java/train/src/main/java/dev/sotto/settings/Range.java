package dev.sotto.settings;

import java.util.function.DoublePredicate;

/**
 * Where a number must lie. A range ends where its numbers have no meaning any more, well before the
 * code that is handed them comes to its own limits and speaks of those.
 */
public enum Range {
  /** An ε to promise: below, no noise is of use; above, nobody is protected. */
  EPSILON(1e-6, 100, "1e-6 to 100", "8"),
  /** A δ. */
  DELTA(v -> v > 0 && v < 1, "a number above 0 and below 1", "1e-5"),
  /** The δ of all runs on a data set whose size is not known yet. */
  BUDGET_DELTA(1e-30, 0.1, "1e-30 to 0.1", "1e-6"),
  /** A Rényi order. */
  ORDER(v -> v > 1 && v <= 1e6, "a number above 1 and at most 1000000", "6"),
  /** Noise over clip norm: below, everything leaks; above, nothing is left. */
  NOISE_MULTIPLIER(1e-3, 1e6, "0.001 to 1000000", "1"),
  /** The chance of a unit to be in a batch. */
  SAMPLING_RATE(1e-9, 1, "1e-9 to 1", "0.01"),
  /** An expected number of units. */
  BATCH_SIZE(1e-3, 1e12, "0.001 to 1e12", "256"),
  /** Passes over the data. */
  EPOCHS(1e-6, 1e4, "1e-6 to 10000", "3"),
  /** A step of an optimizer: beyond, single-precision weights soon overflow. */
  LEARNING_RATE(1e-12, 1e4, "1e-12 to 10000", "0.001"),
  /** What weights shrink by, times the learning rate. */
  WEIGHT_DECAY(0, 100, "0 to 100", "0.01"),
  /** A factor on an adapter's product. */
  ALPHA(1e-6, 1e6, "1e-6 to 1000000", "16"),
  /** Nats per token. */
  LOSS_BOUND(1e-6, 1e6, "1e-6 to 1000000", "10"),
  /** A clip norm, far within what the grid of exact sums spans. */
  CLIP_NORM(1e-30, 1e30, "1e-30 to 1e30", "1"),
  /** A distance in the units of a clip norm. */
  SHIFT(0, 1e30, "0 to 1e30", "1"),
  /** A relative rise of noise. */
  COST(1e-6, 1, "1e-6 to 1", "0.01"),
  /** An advantage to plan for: near 0 and 1 no noise of any use meets it. */
  ADVANTAGE(1e-4, 0.999, "0.0001 to 0.999", "0.1"),
  /** A divisor of logits; 0 for the likeliest token. */
  TEMPERATURE(0, 1000, "0 to 1000", "0.8"),
  /** A power of a text's length. */
  LENGTH_PENALTY(0, 10, "0 to 10", "0.9"),
  /** A probability that can happen: 1 is one. */
  PROBABILITY(v -> v > 0 && v <= 1, "a number above 0 and at most 1", "0.01"),
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

  /** Both bounds included. */
  Range(double least, double most, String words, String example) {
    this(v -> v >= least && v <= most, "a number from " + words, example);
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
