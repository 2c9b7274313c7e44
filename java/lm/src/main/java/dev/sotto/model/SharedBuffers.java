package dev.sotto.model;

import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.TransformerKernels.RotaryTable;
import dev.sotto.model.TransformerConfig.AttentionSpec;
import dev.sotto.model.TransformerConfig.BlockSpec;
import dev.sotto.model.TransformerConfig.MlpSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Memory that all blocks of a pass use in turn: rotary tables, and in training the gradients on
 * their way down.
 */
final class SharedBuffers implements AutoCloseable {
  private final List<DeviceBuffer> owned = new ArrayList<>();
  private final int rows;
  private final Map<RotaryFrequencies, RotaryTable> rotary = new HashMap<>();
  private final DeviceBuffer sharedU;
  private final DeviceBuffer du;
  private final DeviceBuffer dInner;
  private final DeviceBuffer dGate;
  private final DeviceBuffer dNorm;
  private final DeviceBuffer dAttended;
  private final DeviceBuffer dQkv;
  private final DeviceBuffer delta;

  SharedBuffers(
      Backend backend, TransformerConfig config, PassCapacity capacity, LoraAdapters lora) {
    rows = capacity.rows();
    int maxPositions = capacity.maxLength();
    AttentionSpec attention = config.block(0).attention();
    MlpSpec mlp = config.block(0).mlp();
    int headDim = attention.shape().headDim();
    for (BlockSpec block : config.blocks()) {
      block
          .attention()
          .rope()
          .ifPresent(
              rope -> rotary.computeIfAbsent(rope, r -> table(backend, r, maxPositions, headDim)));
    }
    boolean train = capacity.mode() == PassCapacity.Mode.TRAIN;
    long rank = lora == null ? 0 : lora.largestRank();
    long n = rows;
    sharedU = take(backend, !train && lora != null, n * rank);
    du = take(backend, train && lora != null, n * rank);
    dInner = take(backend, train, n * mlp.innerSize());
    dGate = take(backend, train && mlp.gated(), n * mlp.innerSize());
    dNorm = take(backend, train, n * config.hiddenSize());
    dAttended = take(backend, train, n * attention.queryWidth());
    dQkv = take(backend, train, n * attention.qkvWidth());
    delta = take(backend, train, n * attention.shape().heads());
  }

  private RotaryTable table(
      Backend backend, RotaryFrequencies rope, int maxPositions, int headDim) {
    long size = (long) maxPositions * (headDim / 2);
    DeviceBuffer cosine = take(backend, true, size);
    DeviceBuffer sine = take(backend, true, size);
    cosine.upload(rope.table(maxPositions, headDim, false));
    sine.upload(rope.table(maxPositions, headDim, true));
    return new RotaryTable(maxPositions, headDim, cosine, sine);
  }

  private DeviceBuffer take(Backend backend, boolean needed, long length) {
    if (!needed) {
      return null;
    }
    DeviceBuffer buffer = backend.allocate(ElementType.F32, length);
    owned.add(buffer);
    return buffer;
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

  DeviceBuffer dGate() {
    return dGate;
  }

  DeviceBuffer dNorm() {
    return dNorm;
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
