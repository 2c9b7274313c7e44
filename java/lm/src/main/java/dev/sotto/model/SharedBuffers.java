package dev.sotto.model;

import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.TransformerKernels.RotaryTable;
import dev.sotto.model.TransformerConfig.AttentionSpec;
import dev.sotto.model.TransformerConfig.MlpSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * Memory that all blocks of a pass use in turn: rotary tables, and in training the gradients on
 * their way down.
 */
final class SharedBuffers implements AutoCloseable {
  private final List<DeviceBuffer> owned = new ArrayList<>();
  private final int rows;
  private final RotaryTable rotary;
  private final DeviceBuffer sharedU;
  private final DeviceBuffer du;
  private final DeviceBuffer dInner;
  private final DeviceBuffer dGate;
  private final DeviceBuffer dNorm;
  private final DeviceBuffer dAttended;
  private final DeviceBuffer dQkv;
  private final DeviceBuffer delta;

  SharedBuffers(Backend backend, TransformerConfig config, PassPlan plan, LoraAdapters lora) {
    rows = plan.rows();
    int maxPositions = plan.maxLength();
    AttentionSpec attention = config.block().attention();
    MlpSpec mlp = config.block().mlp();
    int headDim = attention.shape().headDim();
    long table = (long) maxPositions * (headDim / 2);
    DeviceBuffer cosine = take(backend, attention.rope().isPresent(), table);
    DeviceBuffer sine = take(backend, attention.rope().isPresent(), table);
    rotary = new RotaryTable(maxPositions, headDim, cosine, sine);
    attention
        .rope()
        .ifPresent(
            rope -> {
              cosine.upload(rope.table(maxPositions, headDim, false));
              sine.upload(rope.table(maxPositions, headDim, true));
            });
    boolean train = plan.mode() == PassPlan.Mode.TRAIN;
    long rank = lora == null ? 0 : lora.options().rank();
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

  /** The angles; without tables where the model has no rotary embedding. */
  RotaryTable rotary() {
    return rotary;
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
