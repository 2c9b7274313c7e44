package dev.sotto.model;

import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.model.TransformerConfig.AttentionSpec;
import dev.sotto.model.TransformerConfig.MlpSpec;
import java.util.List;

/** What one block keeps between its forward and its backward pass, [rows, width] each. */
final class BlockBuffers implements AutoCloseable {
  final DeviceBuffer attentionInput;
  final DeviceBuffer attentionStatistics;
  final DeviceBuffer qkv;
  final DeviceBuffer logSumExp;
  final DeviceBuffer attended;
  final DeviceBuffer middle;
  final DeviceBuffer mlpInput;
  final DeviceBuffer mlpStatistics;
  final DeviceBuffer gate;
  final DeviceBuffer up;
  final DeviceBuffer activated;

  BlockBuffers(Backend backend, TransformerConfig config, long rows) {
    AttentionSpec attention = config.block(0).attention();
    MlpSpec mlp = config.block(0).mlp();
    attentionInput = backend.allocate(ElementType.F32, rows * config.hiddenSize());
    attentionStatistics = backend.allocate(ElementType.F32, 2 * rows);
    qkv = backend.allocate(ElementType.F32, rows * attention.qkvWidth());
    logSumExp = backend.allocate(ElementType.F32, rows * attention.shape().heads());
    attended = backend.allocate(ElementType.F32, rows * attention.queryWidth());
    middle = backend.allocate(ElementType.F32, rows * config.hiddenSize());
    mlpInput = backend.allocate(ElementType.F32, rows * config.hiddenSize());
    mlpStatistics = backend.allocate(ElementType.F32, 2 * rows);
    gate = mlp.gated() ? backend.allocate(ElementType.F32, rows * mlp.innerSize()) : null;
    up = backend.allocate(ElementType.F32, rows * mlp.innerSize());
    activated = backend.allocate(ElementType.F32, rows * mlp.innerSize());
  }

  /**
   * Everything of {@code other} except the rows of queries, keys and values, which each block of a
   * cache keeps.
   */
  BlockBuffers(Backend backend, TransformerConfig config, long rows, BlockBuffers other) {
    qkv = backend.allocate(ElementType.F32, rows * config.block(0).attention().qkvWidth());
    attentionInput = other.attentionInput;
    attentionStatistics = other.attentionStatistics;
    logSumExp = other.logSumExp;
    attended = other.attended;
    middle = other.middle;
    mlpInput = other.mlpInput;
    mlpStatistics = other.mlpStatistics;
    gate = other.gate;
    up = other.up;
    activated = other.activated;
  }

  @Override
  public void close() {
    for (DeviceBuffer buffer :
        List.of(
            attentionInput,
            attentionStatistics,
            qkv,
            logSumExp,
            attended,
            middle,
            mlpInput,
            mlpStatistics,
            up,
            activated)) {
      buffer.close();
    }
    if (gate != null) {
      gate.close();
    }
  }
}
