package dev.sotto.search;

/** What a search wants of the noise on one coordinate. */
public enum NoiseObjective {
  /** The smallest variance. */
  VARIANCE,
  /** The smallest mean absolute value. */
  ABSOLUTE,
  /** The largest probability that the noise stays within a bound, the paper's "usefulness". */
  USEFULNESS
}
