package dev.sotto.model;

import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.PrivateKernels.Units;

/** A {@link Batch} on the device: the integers every kernel of a pass reads. */
final class DeviceBatch implements AutoCloseable {
  private final DeviceBuffer ids;
  private final DeviceBuffer positions;
  private final DeviceBuffer targets;
  private final DeviceBuffer rowWeights;
  private final DeviceBuffer queryStart;
  private final DeviceBuffer keyStart;
  private final DeviceBuffer unitStart;
  private final DeviceBuffer types;
  private final DeviceBuffer classes;
  private final DeviceBuffer numbers;
  private final DeviceBuffer sequenceWeights;
  private final DeviceBuffer unitSequence;
  private Units units;
  private Units sequenceUnits;
  private int rows;
  private int sequences;
  private int past;

  DeviceBatch(Backend backend, int rows, int sequences, int units) {
    ids = backend.allocate(ElementType.I32, rows);
    positions = backend.allocate(ElementType.I32, rows);
    targets = backend.allocate(ElementType.I32, rows);
    rowWeights = backend.allocate(ElementType.F32, rows);
    queryStart = backend.allocate(ElementType.I32, sequences + 1L);
    keyStart = backend.allocate(ElementType.I32, sequences + 1L);
    unitStart = backend.allocate(ElementType.I32, units + 1L);
    types = backend.allocate(ElementType.I32, rows);
    classes = backend.allocate(ElementType.I32, sequences);
    numbers = backend.allocate(ElementType.F32, sequences);
    sequenceWeights = backend.allocate(ElementType.F32, sequences);
    unitSequence = backend.allocate(ElementType.I32, units + 1L);
  }

  /**
   * Copies a batch to the device.
   *
   * @param past tokens already in the key/value cache; the batch is then one sequence that goes on
   *     after them
   */
  void upload(Batch batch, int past) {
    if (past > 0 && batch.sequences() != 1) {
      throw new IllegalArgumentException("only a single sequence can go on from a cache");
    }
    rows = batch.rows();
    sequences = batch.sequences();
    this.past = past;
    for (int r = 0; past > 0 && r < rows; r++) {
      batch.positions[r] = past + r;
    }
    ids.upload(batch.ids, rows);
    positions.upload(batch.positions, rows);
    targets.upload(batch.targets, rows);
    rowWeights.upload(batch.rowWeights, rows);
    queryStart.upload(batch.sequenceStart, sequences + 1);
    if (past > 0) {
      keyStart.upload(new int[] {0, past + rows}, 2);
    }
    unitStart.upload(batch.unitStart, batch.units() + 1);
    units = new Units(batch.units(), unitStart, rows);
    if (batch.labelled()) {
      types.upload(batch.types, rows);
      classes.upload(batch.classes, sequences);
      numbers.upload(batch.numbers, sequences);
      sequenceWeights.upload(batch.sequenceWeights, sequences);
      unitSequence.upload(batch.unitSequence, batch.units() + 1);
      sequenceUnits = new Units(batch.units(), unitSequence, sequences);
    }
  }

  int rows() {
    return rows;
  }

  int sequences() {
    return sequences;
  }

  int past() {
    return past;
  }

  DeviceBuffer ids() {
    return ids;
  }

  DeviceBuffer positions() {
    return positions;
  }

  DeviceBuffer targets() {
    return targets;
  }

  DeviceBuffer rowWeights() {
    return rowWeights;
  }

  DeviceBuffer queryStart() {
    return queryStart;
  }

  DeviceBuffer keyStart() {
    return past > 0 ? keyStart : queryStart;
  }

  /** The rows of each privacy unit. */
  Units units() {
    return units;
  }

  /** Token types [N]. */
  DeviceBuffer types() {
    return types;
  }

  /** Labels as classes [B]. */
  DeviceBuffer classes() {
    return classes;
  }

  /** Labels as numbers [B]. */
  DeviceBuffer numbers() {
    return numbers;
  }

  /** What each sequence's loss counts [B]. */
  DeviceBuffer sequenceWeights() {
    return sequenceWeights;
  }

  /** The sequences of each privacy unit. */
  Units sequenceUnits() {
    return sequenceUnits;
  }

  @Override
  public void close() {
    ids.close();
    positions.close();
    targets.close();
    rowWeights.close();
    queryStart.close();
    keyStart.close();
    unitStart.close();
    types.close();
    classes.close();
    numbers.close();
    sequenceWeights.close();
    unitSequence.close();
  }
}
