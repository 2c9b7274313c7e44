package dev.sotto.model;

import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.TransformerKernels.RotaryTable;
import dev.sotto.model.TransformerConfig.AttentionSpec;
import dev.sotto.model.TransformerConfig.BlockSpec;
import dev.sotto.model.TransformerConfig.MlpSpec;
import dev.sotto.model.TransformerConfig.NormPlace;
import dev.sotto.model.TransformerConfig.QueryKeyNorm;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Memory that all blocks of a pass use in turn: rotary tables, and in training the gradients on
 * their way down.
 */
final class SharedBuffers implements AutoCloseable {
  private final Backend backend;
  private final List<DeviceBuffer> owned = new ArrayList<>();
  private final int rows;
  private final int channels;
  private final Map<RotaryFrequencies, RotaryTable> rotary = new HashMap<>();
  private final DeviceBuffer sharedU;
  private final DeviceBuffer du;
  private final DeviceBuffer dInner;
  private final DeviceBuffer dGateUp;
  private final DeviceBuffer dNorm;
  private final DeviceBuffer dBranch;
  private final DeviceBuffer dAttended;
  private final DeviceBuffer dQkv;
  private final DeviceBuffer dQueryKey;
  private final DeviceBuffer delta;

  SharedBuffers(
      Backend backend, TransformerConfig config, PassCapacity capacity, LoraAdapters lora) {
    this.backend = backend;
    rows = capacity.rows();
    channels = config.hiddenSize();
    int maxPositions = capacity.maxLength();
    AttentionSpec attention = config.block(0).attention();
    MlpSpec mlp = config.block(0).mlp();
    NormPlace place = config.block(0).place();
    for (BlockSpec block : config.blocks()) {
      block
          .attention()
          .rope()
          .ifPresent(rope -> rotary.computeIfAbsent(rope, r -> table(r, maxPositions, attention)));
    }
    boolean train = capacity.mode() == PassCapacity.Mode.TRAIN;
    long rank = lora == null ? 0 : lora.largestRank();
    long n = rows;
    sharedU = take(!train && lora != null, n * rank);
    du = take(train && lora != null, n * rank);
    dInner = take(train, n * mlp.innerSize());
    dGateUp = take(train && mlp.gated(), n * mlp.gateUpWidth());
    dNorm = take(train && place.input(), n * channels);
    boolean aside = place.sum() || place.output() || place == NormPlace.PARALLEL;
    dBranch = take(train && aside, n * channels);
    dAttended = take(train, n * attention.queryWidth());
    dQkv = take(train, n * attention.qkvWidth());
    boolean normed = attention.queryKeyNorm() != QueryKeyNorm.NONE;
    dQueryKey = take(train && normed, n * (attention.queryWidth() + attention.keyWidth()));
    delta = take(train, n * attention.shape().heads());
  }

  private RotaryTable table(RotaryFrequencies rope, int maxPositions, AttentionSpec attention) {
    int turning = attention.rotaryDim();
    long size = (long) maxPositions * (turning / 2);
    DeviceBuffer cosine = take(true, size);
    DeviceBuffer sine = take(true, size);
    cosine.upload(rope.table(maxPositions, turning, false));
    sine.upload(rope.table(maxPositions, turning, true));
    return new RotaryTable(maxPositions, turning, cosine, sine);
  }

  private DeviceBuffer take(boolean needed, long length) {
    if (!needed) {
      return null;
    }
    DeviceBuffer buffer = backend.allocate(ElementType.F32, length);
    owned.add(buffer);
    return buffer;
  }

  Backend backend() {
    return backend;
  }

  /** C. */
  int channels() {
    return channels;
  }

  int rows() {
    return rows;
  }

  /** The angles of a block that turns its queries and keys so. */
  RotaryTable rotary(RotaryFrequencies rope) {
    return rotary.get(rope);
  }

  DeviceBuffer sharedU() {
    return sharedU;
  }

  DeviceBuffer du() {
    return du;
  }

  DeviceBuffer dInner() {
    return dInner;
  }

  DeviceBuffer dGateUp() {
    return dGateUp;
  }

  DeviceBuffer dNorm() {
    return dNorm;
  }

  /** A gradient [rows, C] beside that of the stream. */
  DeviceBuffer dBranch() {
    return dBranch;
  }

  /** Gradients of queries and keys before their norms. */
  DeviceBuffer dQueryKey() {
    return dQueryKey;
  }

  DeviceBuffer dAttended() {
    return dAttended;
  }

  DeviceBuffer dQkv() {
    return dQkv;
  }

  DeviceBuffer delta() {
    return delta;
  }

  @Override
  public void close() {
    owned.forEach(DeviceBuffer::close);
  }
}
