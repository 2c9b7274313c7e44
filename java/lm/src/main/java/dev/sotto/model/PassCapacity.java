package dev.sotto.model;

/**
 * How much one pass must hold, and for what. All device memory follows from it and is taken once.
 *
 * @param rows most tokens of a micro-batch
 * @param sequences most sequences of a micro-batch
 * @param units most privacy units of a micro-batch
 * @param maxLength longest sequence, in tokens
 * @param mode what the pass is for
 */
public record PassCapacity(int rows, int sequences, int units, int maxLength, Mode mode) {
  /** What a pass is for. */
  public enum Mode {
    /** Losses only: one layer's activations are reused for all. */
    EVALUATE,
    /** One sequence at a time, with keys and values kept per layer. */
    GENERATE,
    /** Forward and backward: every layer's activations are kept. */
    TRAIN
  }

  /** Checks the values. */
  public PassCapacity {
    if (rows < 1 || sequences < 1 || units < 1 || maxLength < 1 || maxLength > rows) {
      throw new IllegalArgumentException(
          "a pass needs at least one row, sequence and unit, and room for its longest sequence: "
              + rows
              + " rows, "
              + sequences
              + " sequences, "
              + units
              + " units, length "
              + maxLength);
    }
  }

  /** A training pass of at most {@code rows} tokens in {@code units} units. */
  public static PassCapacity train(int rows, int sequences, int units, int maxLength) {
    return new PassCapacity(rows, sequences, units, maxLength, Mode.TRAIN);
  }

  /**
   * A pass that evaluates losses of sequences of at most {@code maxLength} tokens, {@code rows} at
   * a time.
   */
  public static PassCapacity evaluate(int rows, int maxLength) {
    return new PassCapacity(rows, rows, rows, maxLength, Mode.EVALUATE);
  }

  /** A pass that generates up to {@code maxLength} tokens, prompt included. */
  public static PassCapacity generate(int maxLength) {
    return new PassCapacity(maxLength, 1, 1, maxLength, Mode.GENERATE);
  }
}
