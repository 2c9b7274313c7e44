package dev.sotto.model;

import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.model.TransformerConfig.AttentionSpec;
import dev.sotto.model.TransformerConfig.BlockSpec;
import dev.sotto.model.TransformerConfig.MlpSpec;
import dev.sotto.model.TransformerConfig.QueryKeyNorm;
import java.util.Objects;
import java.util.stream.Stream;

/** What one block keeps between its forward and its backward pass, [rows, width] each. */
final class BlockBuffers implements AutoCloseable {
  final BranchBuffers attention;
  final BranchBuffers mlp;

  /** Queries, keys and values as attention reads them. */
  final DeviceBuffer qkv;

  /** Queries and keys before their norms, and the norms' statistics; null without norms. */
  final DeviceBuffer queryKey;

  final DeviceBuffer queryStatistics;
  final DeviceBuffer keyStatistics;
  final DeviceBuffer logSumExp;
  final DeviceBuffer attended;

  /** The stream between the branches. */
  final DeviceBuffer middle;

  /** Gate and up side by side, or up alone. */
  final DeviceBuffer gateUp;

  final DeviceBuffer activated;

  BlockBuffers(Backend backend, TransformerConfig config, long rows) {
    this(backend, config, rows, null);
  }

  /**
   * Everything of {@code other} except the rows of queries, keys and values, which each block of a
   * cache keeps.
   *
   * @param other another block's; null for none
   */
  BlockBuffers(Backend backend, TransformerConfig config, long rows, BlockBuffers other) {
    BlockSpec block = config.block(0);
    AttentionSpec spec = block.attention();
    qkv = backend.allocate(ElementType.F32, rows * spec.qkvWidth());
    if (other != null) {
      attention = other.attention;
      mlp = other.mlp;
      queryKey = other.queryKey;
      queryStatistics = other.queryStatistics;
      keyStatistics = other.keyStatistics;
      logSumExp = other.logSumExp;
      attended = other.attended;
      middle = other.middle;
      gateUp = other.gateUp;
      activated = other.activated;
      return;
    }
    MlpSpec inner = block.mlp();
    int heads = spec.shape().heads();
    boolean normed = spec.queryKeyNorm() != QueryKeyNorm.NONE;
    attention = BranchBuffers.of(backend, block.place(), rows, config.hiddenSize());
    mlp = BranchBuffers.of(backend, block.place(), rows, config.hiddenSize());
    long queryKeyWidth = spec.queryWidth() + spec.keyWidth();
    queryKey = normed ? backend.allocate(ElementType.F32, rows * queryKeyWidth) : null;
    queryStatistics = normed ? backend.allocate(ElementType.F32, rows * heads) : null;
    keyStatistics = normed ? backend.allocate(ElementType.F32, rows * heads) : null;
    logSumExp = backend.allocate(ElementType.F32, rows * heads);
    attended = backend.allocate(ElementType.F32, rows * spec.queryWidth());
    middle = backend.allocate(ElementType.F32, rows * config.hiddenSize());
    gateUp = backend.allocate(ElementType.F32, rows * inner.gateUpWidth());
    activated = backend.allocate(ElementType.F32, rows * inner.innerSize());
  }

  @Override
  public void close() {
    Stream.of(
            attention.all(),
            mlp.all(),
            Stream.of(queryKey, queryStatistics, keyStatistics, qkv, logSumExp),
            Stream.of(attended, middle, gateUp, activated))
        .flatMap(buffers -> buffers)
        .filter(Objects::nonNull)
        .forEach(DeviceBuffer::close);
  }
}
