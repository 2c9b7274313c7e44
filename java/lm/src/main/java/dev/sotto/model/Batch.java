package dev.sotto.model;

import dev.sotto.data.Block;
import java.util.Arrays;

/**
 * A micro-batch on the host: ragged sequences packed row after row, grouped into privacy units. All
 * of them have labels, or none has. Reused from batch to batch.
 *
 * <pre>{@code
 * batch.clear();
 * batch.add(block, weight);  // one sequence; weight multiplies its rows' losses, or its own
 * batch.endUnit();           // the sequences since the last call belong to one unit
 * }</pre>
 */
public final class Batch {
  final int[] ids;
  final int[] types;
  final int[] positions;
  final int[] targets;
  final float[] rowWeights;
  final int[] sequenceStart;
  final int[] unitStart;

  /** Of each sequence: its label, as a class and as a number, and its weight. */
  final int[] classes;

  final float[] numbers;
  final float[] sequenceWeights;

  /** First sequence of each unit. */
  final int[] unitSequence;

  private boolean labelled;
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
    types = new int[rows];
    positions = new int[rows];
    targets = new int[rows];
    rowWeights = new float[rows];
    sequenceStart = new int[sequences + 1];
    unitStart = new int[units + 1];
    classes = new int[sequences];
    numbers = new float[sequences];
    sequenceWeights = new float[sequences];
    unitSequence = new int[units + 1];
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
    batch.labelled = true; // a loss a sequence is there in either case
    return batch;
  }

  /** Empties the batch. */
  public void clear() {
    rows = 0;
    sequences = 0;
    units = 0;
    labelled = false;
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
    if (labelled) {
      throw new IllegalStateException("a sequence without a label among some with");
    }
    pack(sequenceIds, new int[0], sequenceTargets, rowWeight);
  }

  /**
   * Adds one sequence.
   *
   * @param block the sequence
   * @param weight what its loss counts in its unit's loss, or each of its rows' losses where it has
   *     no label: usually 1 / {@link Block#targetCount} of the unit
   */
  public void add(Block block, float weight) {
    if (block.label().isEmpty()) {
      add(block.ids(), block.targets(), weight);
      return;
    }
    if (!labelled && sequences > 0) {
      throw new IllegalStateException("a sequence with a label among some without");
    }
    labelled = true;
    double label = block.label().getAsDouble();
    classes[sequences] = (int) label;
    numbers[sequences] = (float) label;
    sequenceWeights[sequences] = weight;
    pack(block.ids(), block.types(), block.targets(), weight);
  }

  private void pack(
      int[] sequenceIds, int[] sequenceTypes, int[] sequenceTargets, float rowWeight) {
    int length = sequenceIds.length;
    System.arraycopy(sequenceIds, 0, ids, rows, length);
    Arrays.fill(types, rows, rows + length, 0);
    System.arraycopy(sequenceTypes, 0, types, rows, sequenceTypes.length);
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
    unitSequence[units] = sequences;
  }

  /** Whether its sequences have labels; only such have token types. */
  boolean labelled() {
    return labelled;
  }

  /** How many losses a pass gives: one a sequence where they have labels, else one a row. */
  public int losses() {
    return labelled ? sequences : rows;
  }

  /** Tokens N. */
  public int rows() {
    return rows;
  }

  /** What there is to learn: rows that have a target, or labels. */
  public int targetCount() {
    int count = labelled ? sequences : 0;
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
   * The loss of each unit [U]: Σ weight · loss over its rows, or its sequences where they have
   * labels; a mean where the weights are 1 / targets of the unit. Private when the batch is.
   *
   * @param losses as many as {@link #losses}
   */
  public double[] unitLosses(float[] losses) {
    int[] start = labelled ? unitSequence : unitStart;
    float[] weights = labelled ? sequenceWeights : rowWeights;
    double[] sums = new double[units];
    for (int s = 0; s < units; s++) {
      for (int r = start[s]; r < start[s + 1]; r++) {
        sums[s] += (double) weights[r] * losses[r];
      }
    }
    return sums;
  }
}
