package dev.sotto.model;

import dev.sotto.base.InputException;

/**
 * How beam search goes on: at every step the {@code width} likeliest texts so far are kept.
 *
 * @param width texts that are kept, 1 to {@value #WIDEST}; each has a cache of its own. 1 is greedy
 * @param lengthPenalty α at least 0: texts are compared by their log-probability over their length
 *     in tokens (the end included) to the power α. 0 compares log-probabilities, which favours
 *     short texts; 1 the mean of a token's
 */
public record Beams(int width, double lengthPenalty) {
  /** Most texts that are kept. */
  public static final int WIDEST = 64;

  /**
   * Checks the values.
   *
   * @throws InputException if one is out of range
   */
  public Beams {
    if (width < 1 || width > WIDEST) {
      throw new InputException(width + " beams are not between 1 and " + WIDEST);
    }
    if (!(lengthPenalty >= 0) || Double.isInfinite(lengthPenalty)) {
      throw new InputException(
          "length penalty " + lengthPenalty + " is not 0 or a positive number");
    }
  }

  /** Compares log-probabilities. */
  public static Beams of(int width) {
    return new Beams(width, 0);
  }

  /** What texts are compared by. */
  double score(double logProbability, int length) {
    return logProbability / Math.pow(length, lengthPenalty);
  }
}
