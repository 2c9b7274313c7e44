package dev.sotto.model;

import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.Rows;
import dev.sotto.compute.TransformerKernels;
import dev.sotto.compute.TransformerKernels.AttentionArguments;
import dev.sotto.compute.TransformerKernels.AttentionBatch;
import dev.sotto.compute.TransformerKernels.KeyValues;
import dev.sotto.gradient.GradientSink;
import dev.sotto.model.TransformerConfig.AttentionSpec;
import dev.sotto.model.TransformerConfig.BlockSpec;
import dev.sotto.model.TransformerConfig.QueryKeyNorm;
import java.util.List;

/**
 * Attention with its projections. Queries, keys and values stand in rows of {@code qkvWidth}; a
 * cache keeps earlier rows before them.
 */
final class AttentionLayer implements ResidualBranch.Layer {
  private final TransformerKernels kernels;
  private final AttentionSpec spec;
  private final BlockBuffers buffers;
  private final SharedBuffers shared;
  private final List<Linear> queryKeyValue;
  private final Linear output;
  private final NormLayer queryNorm;
  private final NormLayer keyNorm;

  /**
   * Plans attention.
   *
   * @param queryKeyValue projections side by side
   * @param output projection back
   */
  AttentionLayer(
      BlockSpec block,
      LayerWeights.AttentionWeights weights,
      List<Linear> queryKeyValue,
      Linear output,
      BlockBuffers buffers,
      SharedBuffers shared) {
    Backend backend = shared.backend();
    kernels = backend.transformer();
    spec = block.attention();
    this.queryKeyValue = queryKeyValue;
    this.output = output;
    this.buffers = buffers;
    this.shared = shared;
    boolean normed = spec.queryKeyNorm() != QueryKeyNorm.NONE;
    boolean each = spec.queryKeyNorm() == QueryKeyNorm.EACH_HEAD;
    int queries = each ? spec.shape().headDim() : spec.queryWidth();
    int keys = each ? spec.shape().headDim() : spec.keyWidth();
    queryNorm =
        normed ? new NormLayer(backend, queries, block.norm(), weights.queryNorm(), null) : null;
    keyNorm = normed ? new NormLayer(backend, keys, block.norm(), weights.keyNorm(), null) : null;
  }

  @Override
  public void forward(DeviceBatch batch, DeviceBuffer x, DeviceBuffer y) {
    int rows = batch.rows();
    DeviceBuffer current = tail(buffers.qkv, batch.past() * (long) spec.qkvWidth());
    long column = 0;
    for (Linear linear : queryKeyValue) {
      Rows out = projected(current, buffers.queryKey, column);
      linear.forward(rows, x, out.data(), out.stride());
      column += linear.out();
    }
    if (queryNorm != null) {
      queryNorm.forwardHeads(
          rows, queryHeads(), queries(buffers.queryKey), wide(current, 0), buffers.queryStatistics);
      keyNorm.forwardHeads(
          rows,
          keyHeads(),
          keys(buffers.queryKey),
          wide(current, spec.keyColumn()),
          buffers.keyStatistics);
    }
    rotate(batch, current, false);
    kernels.attentionForward(spec.shape(), sequences(batch), attended(current));
    output.forward(rows, buffers.attended, y, shared.channels());
  }

  @Override
  public void backward(
      DeviceBatch batch,
      DeviceBuffer x,
      DeviceBuffer dy,
      DeviceBuffer dx,
      boolean add,
      GradientSink sink) {
    int rows = batch.rows();
    output.backward(
        batch.units(), buffers.attended, dy, shared.channels(), shared.dAttended(), false, sink);
    DeviceBuffer dqkv = shared.dQkv();
    kernels.attentionBackward(
        spec.shape(),
        sequences(batch),
        attended(buffers.qkv),
        shared.dAttended(),
        shared.delta(),
        new Rows(dqkv, spec.qkvWidth()),
        keyValues(dqkv));
    rotate(batch, dqkv, true);
    if (queryNorm != null) {
      DeviceBuffer raw = shared.dQueryKey();
      raw.slice(0, (long) rows * queryKeyWidth()).zero();
      queryNorm.backwardHeads(
          rows,
          queryHeads(),
          wide(dqkv, 0),
          queries(buffers.queryKey),
          buffers.queryStatistics,
          queries(raw));
      keyNorm.backwardHeads(
          rows,
          keyHeads(),
          wide(dqkv, spec.keyColumn()),
          keys(buffers.queryKey),
          buffers.keyStatistics,
          keys(raw));
    }
    long column = 0;
    boolean further = add;
    for (Linear linear : queryKeyValue) {
      Rows dOut = projected(dqkv, shared.dQueryKey(), column);
      linear.backward(batch.units(), x, dOut.data(), dOut.stride(), dx, further, sink);
      column += linear.out();
      further = true;
    }
  }

  /** Where a projection writes: queries and keys that are normed stand apart until they are. */
  private Rows projected(DeviceBuffer qkv, DeviceBuffer queryKey, long column) {
    return queryNorm != null && column < queryKeyWidth()
        ? new Rows(tail(queryKey, column), queryKeyWidth())
        : wide(qkv, column);
  }

  private int queryHeads() {
    return spec.queryKeyNorm() == QueryKeyNorm.EACH_HEAD ? spec.shape().heads() : 1;
  }

  private int keyHeads() {
    return spec.queryKeyNorm() == QueryKeyNorm.EACH_HEAD ? spec.shape().kvHeads() : 1;
  }

  private long queryKeyWidth() {
    return spec.queryWidth() + spec.keyWidth();
  }

  private Rows queries(DeviceBuffer queryKey) {
    return new Rows(queryKey, queryKeyWidth());
  }

  private Rows keys(DeviceBuffer queryKey) {
    return new Rows(tail(queryKey, spec.queryWidth()), queryKeyWidth());
  }

  private Rows wide(DeviceBuffer qkv, long column) {
    return new Rows(tail(qkv, column), spec.qkvWidth());
  }

  private static AttentionBatch sequences(DeviceBatch batch) {
    return new AttentionBatch(
        batch.sequences(), batch.queryStart(), batch.keyStart(), batch.rows());
  }

  /** Attention of the queries in rows of {@code qkv} over all keys and values that are cached. */
  private AttentionArguments attended(DeviceBuffer qkv) {
    return new AttentionArguments(
        wide(qkv, 0),
        keyValues(buffers.qkv),
        new Rows(buffers.attended, spec.queryWidth()),
        buffers.logSumExp);
  }

  private KeyValues keyValues(DeviceBuffer qkv) {
    return new KeyValues(
        tail(qkv, spec.keyColumn()), tail(qkv, spec.valueColumn()), spec.qkvWidth());
  }

  private void rotate(DeviceBatch batch, DeviceBuffer qkv, boolean inverse) {
    if (spec.rope().isEmpty()) {
      return;
    }
    if (spec.headByHead()) {
      rotate(batch, wide(qkv, 0), spec.shape().heads(), inverse);
      rotate(batch, wide(qkv, spec.keyColumn()), spec.shape().kvHeads(), inverse);
    } else {
      // Query and key heads are adjacent, so one call turns both.
      rotate(batch, wide(qkv, 0), spec.shape().heads() + spec.shape().kvHeads(), inverse);
    }
  }

  private void rotate(DeviceBatch batch, Rows heads, int count, boolean inverse) {
    kernels.rope(
        shared.rotary(spec.rope().get()),
        batch.positions(),
        batch.rows(),
        count,
        spec.shape().headStride(),
        heads,
        inverse);
  }

  private static DeviceBuffer tail(DeviceBuffer buffer, long offset) {
    return offset == 0 ? buffer : buffer.slice(offset, buffer.length() - offset);
  }
}
