package dev.sotto.model;

import java.util.Arrays;

/**
 * A micro-batch on the host: ragged sequences packed row after row, grouped into privacy units.
 * Reused from batch to batch.
 *
 * <pre>{@code
 * batch.clear();
 * batch.add(ids, targets, weight);  // one sequence; weight multiplies each of its rows' losses
 * batch.endUnit();                  // the sequences since the last call belong to one unit
 * }</pre>
 */
public final class Batch {
  final int[] ids;
  final int[] positions;
  final int[] targets;
  final float[] rowWeights;
  final int[] sequenceStart;
  final int[] unitStart;
  private int rows;
  private int sequences;
  private int units;

  /**
   * Plans for at most {@code rows} tokens in {@code sequences} sequences of {@code units} units.
   *
   * @param rows token capacity
   * @param sequences sequence capacity
   * @param units privacy unit capacity
   */
  public Batch(int rows, int sequences, int units) {
    ids = new int[rows];
    positions = new int[rows];
    targets = new int[rows];
    rowWeights = new float[rows];
    sequenceStart = new int[sequences + 1];
    unitStart = new int[units + 1];
  }

  /**
   * As many tokens, sequences and units as a pass may hold at once, for {@link
   * dev.sotto.compute.Backend#rehearse}: shapes alone, every id is 0.
   *
   * @param capacity of the pass
   * @param units most units, if fewer than the pass may hold
   */
  public static Batch largest(PassCapacity capacity, int units) {
    Batch batch = new Batch(capacity.rows(), capacity.sequences(), units);
    int shortest = (capacity.rows() + capacity.maxLength() - 1) / capacity.maxLength();
    int sequences =
        Math.min(Math.max(shortest, units), Math.min(capacity.sequences(), capacity.rows()));
    int rows = (int) Math.min(capacity.rows(), (long) sequences * capacity.maxLength());
    for (int s = 0; s < sequences; s++) {
      int length = (int) ((s + 1L) * rows / sequences - (long) s * rows / sequences);
      batch.add(new int[length], new int[length], 0f);
      if (s == sequences - 1 || s < units - 1) {
        batch.endUnit();
      }
    }
    return batch;
  }

  /** Empties the batch. */
  public void clear() {
    rows = 0;
    sequences = 0;
    units = 0;
  }

  /**
   * Whether {@code newRows} more tokens in {@code newSequences} more sequences of one more unit
   * fit.
   */
  public boolean fits(int newRows, int newSequences) {
    return rows + newRows <= ids.length
        && sequences + newSequences < sequenceStart.length
        && units + 1 < unitStart.length;
  }

  /**
   * Adds one sequence.
   *
   * @param sequenceIds token ids
   * @param sequenceTargets the id each row should predict, or a negative number for none
   * @param rowWeight what each row's loss counts in its unit's loss, usually 1 / targets of the
   *     unit
   */
  public void add(int[] sequenceIds, int[] sequenceTargets, float rowWeight) {
    int length = sequenceIds.length;
    System.arraycopy(sequenceIds, 0, ids, rows, length);
    System.arraycopy(sequenceTargets, 0, targets, rows, length);
    for (int t = 0; t < length; t++) {
      positions[rows + t] = t;
    }
    Arrays.fill(rowWeights, rows, rows + length, rowWeight);
    rows += length;
    sequenceStart[++sequences] = rows;
  }

  /** Closes the current unit. */
  public void endUnit() {
    unitStart[++units] = rows;
  }

  /** Tokens N. */
  public int rows() {
    return rows;
  }

  /** Rows that have a target. */
  public int targetCount() {
    int count = 0;
    for (int r = 0; r < rows; r++) {
      count += targets[r] >= 0 ? 1 : 0;
    }
    return count;
  }

  /** Sequences B. */
  public int sequences() {
    return sequences;
  }

  /** Privacy units U. */
  public int units() {
    return units;
  }

  /**
   * The loss of each unit, Σ rowWeight · loss over its rows [U]; in nats per target where the
   * weights are 1 / targets of the unit. Private when the batch is.
   *
   * @param rowLosses in nats, one a row
   */
  public double[] unitLosses(float[] rowLosses) {
    double[] losses = new double[units];
    for (int s = 0; s < units; s++) {
      for (int r = unitStart[s]; r < unitStart[s + 1]; r++) {
        losses[s] += (double) rowWeights[r] * rowLosses[r];
      }
    }
    return losses;
  }
}
