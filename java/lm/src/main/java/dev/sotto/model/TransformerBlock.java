package dev.sotto.model;

import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.Rows;
import dev.sotto.compute.TransformerKernels;
import dev.sotto.compute.TransformerKernels.AttentionArguments;
import dev.sotto.compute.TransformerKernels.AttentionBatch;
import dev.sotto.compute.TransformerKernels.GateAndUp;
import dev.sotto.compute.TransformerKernels.KeyValues;
import dev.sotto.gradient.GradientSink;
import dev.sotto.model.TransformerConfig.AttentionSpec;
import dev.sotto.model.TransformerConfig.BlockSpec;
import dev.sotto.model.TransformerConfig.MlpSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * One pre-norm block: h = x + out(attention(norm(x))), y = h + mlp(norm(h)).
 *
 * <p>The backward pass carries one gradient, that of the residual stream, and lets each branch add
 * to it in place; the norms' backward kernels add for this reason.
 */
final class TransformerBlock {
  private final Backend backend;
  private final TransformerKernels kernels;
  private final TransformerConfig config;
  private final AttentionSpec attention;
  private final MlpSpec mlp;
  private final BlockBuffers buffers;
  private final SharedBuffers shared;
  private final NormLayer attentionNorm;
  private final NormLayer mlpNorm;
  private final List<Linear> queryKeyValue = new ArrayList<>();
  private final Linear attentionOutput;
  private final Linear gate;
  private final Linear up;
  private final Linear down;

  TransformerBlock(
      Backend backend,
      TransformerConfig config,
      int layer,
      LayerWeights weights,
      LoraAdapters lora,
      WeightGradients gradients,
      BlockBuffers buffers,
      SharedBuffers shared) {
    this.backend = backend;
    kernels = backend.transformer();
    this.config = config;
    this.buffers = buffers;
    this.shared = shared;
    BlockSpec block = config.block(layer);
    attention = block.attention();
    mlp = block.mlp();
    attentionNorm =
        new NormLayer(
            backend, config.hiddenSize(), block.norm(), weights.attentionNorm(), gradients);
    mlpNorm =
        new NormLayer(backend, config.hiddenSize(), block.norm(), weights.mlpNorm(), gradients);
    for (LinearWeights w : weights.queryKeyValue()) {
      queryKeyValue.add(linear(w, lora, gradients));
    }
    attentionOutput = linear(weights.attentionOutput(), lora, gradients);
    gate = weights.gate() == null ? null : linear(weights.gate(), lora, gradients);
    up = linear(weights.up(), lora, gradients);
    down = linear(weights.down(), lora, gradients);
  }

  private Linear linear(LinearWeights w, LoraAdapters lora, WeightGradients gradients) {
    return new Linear(backend, w, lora, gradients, shared.rows(), shared.sharedU(), shared.du());
  }

  /** Whether any projection of this block has a LoRA pair. */
  boolean adapted() {
    return linears().stream().anyMatch(Linear::adapted);
  }

  private List<Linear> linears() {
    List<Linear> all = new ArrayList<>(queryKeyValue);
    all.add(attentionOutput);
    if (gate != null) {
      all.add(gate);
    }
    all.add(up);
    all.add(down);
    return all;
  }

  /** From {@code x} [N,C] to {@code y} [N,C], which may be the same buffer. */
  void forward(DeviceBatch batch, DeviceBuffer x, DeviceBuffer y) {
    int rows = batch.rows();
    int hidden = config.hiddenSize();
    int inner = mlp.innerSize();
    long count = (long) rows * hidden;
    attentionNorm.forward(rows, x, buffers.attentionInput, buffers.attentionStatistics);
    attend(batch);
    attentionOutput.forward(rows, buffers.attended, buffers.middle, hidden);
    backend.dense().add(count, buffers.middle, x, buffers.middle);

    mlpNorm.forward(rows, buffers.middle, buffers.mlpInput, buffers.mlpStatistics);
    up.forward(rows, buffers.mlpInput, buffers.up, inner);
    if (gate != null) {
      gate.forward(rows, buffers.mlpInput, buffers.gate, inner);
      kernels.gatedActivationForward(
          mlp.activation(),
          rows,
          inner,
          new GateAndUp(buffers.gate, buffers.up, inner),
          buffers.activated);
    } else {
      kernels.activationForward(
          mlp.activation(), (long) rows * inner, buffers.up, buffers.activated);
    }
    down.forward(rows, buffers.activated, y, hidden);
    backend.dense().add(count, y, buffers.middle, y);
  }

  /**
   * Queries, keys and values stand side by side in rows of {@code qkvWidth}; a cache keeps earlier
   * rows before them.
   */
  private void attend(DeviceBatch batch) {
    int rows = batch.rows();
    long width = attention.qkvWidth();
    DeviceBuffer current = tail(buffers.qkv, batch.past() * width);
    long column = 0;
    for (Linear linear : queryKeyValue) {
      linear.forward(rows, buffers.attentionInput, tail(current, column), width);
      column += linear.out();
    }
    rotate(batch, current, false);
    kernels.attentionForward(attention.shape(), sequences(batch), attended(current));
  }

  private static AttentionBatch sequences(DeviceBatch batch) {
    return new AttentionBatch(
        batch.sequences(), batch.queryStart(), batch.keyStart(), batch.rows());
  }

  /** Attention of the queries in rows of {@code qkv} over all keys and values that are cached. */
  private AttentionArguments attended(DeviceBuffer qkv) {
    return new AttentionArguments(
        new Rows(qkv, attention.qkvWidth()),
        keyValues(buffers.qkv),
        new Rows(buffers.attended, attention.queryWidth()),
        buffers.logSumExp);
  }

  private KeyValues keyValues(DeviceBuffer qkv) {
    long keys = attention.queryWidth();
    long values = keys + attention.keyWidth();
    return new KeyValues(tail(qkv, keys), tail(qkv, values), attention.qkvWidth());
  }

  private void rotate(DeviceBatch batch, DeviceBuffer qkv, boolean inverse) {
    if (attention.rope().isPresent()) {
      // Query and key heads are adjacent, so one call turns both.
      kernels.rope(
          shared.rotary(attention.rope().get()),
          batch.positions(),
          batch.rows(),
          attention.shape().heads() + attention.shape().kvHeads(),
          attention.shape().headStride(),
          new Rows(qkv, attention.qkvWidth()),
          inverse);
    }
  }

  /**
   * Turns {@code d}, the gradient of y, into the gradient of x.
   *
   * @param x the block's input
   * @param inputNeeded whether anything below has parameters to train
   */
  void backward(
      DeviceBatch batch, DeviceBuffer x, DeviceBuffer d, boolean inputNeeded, GradientSink sink) {
    int rows = batch.rows();
    int hidden = config.hiddenSize();
    int inner = mlp.innerSize();
    down.backward(batch, buffers.activated, d, hidden, shared.dInner(), false, sink);
    if (gate != null) {
      kernels.gatedActivationBackward(
          mlp.activation(),
          rows,
          inner,
          new GateAndUp(buffers.gate, buffers.up, inner),
          shared.dInner(),
          new GateAndUp(shared.dGate(), shared.dInner(), inner));
      gate.backward(batch, buffers.mlpInput, shared.dGate(), inner, shared.dNorm(), false, sink);
      up.backward(batch, buffers.mlpInput, shared.dInner(), inner, shared.dNorm(), true, sink);
    } else {
      kernels.activationBackward(
          mlp.activation(), (long) rows * inner, buffers.up, shared.dInner(), shared.dInner());
      up.backward(batch, buffers.mlpInput, shared.dInner(), inner, shared.dNorm(), false, sink);
    }
    mlpNorm.backward(rows, shared.dNorm(), buffers.middle, buffers.mlpStatistics, d);

    attentionOutput.backward(batch, buffers.attended, d, hidden, shared.dAttended(), false, sink);
    long width = attention.qkvWidth();
    DeviceBuffer dqkv = shared.dQkv();
    kernels.attentionBackward(
        attention.shape(),
        sequences(batch),
        attended(buffers.qkv),
        shared.dAttended(),
        shared.delta(),
        new Rows(dqkv, width),
        keyValues(dqkv));
    rotate(batch, dqkv, true);
    long column = 0;
    boolean add = false;
    for (Linear linear : queryKeyValue) {
      linear.backward(
          batch,
          buffers.attentionInput,
          tail(dqkv, column),
          width,
          inputNeeded ? shared.dNorm() : null,
          add,
          sink);
      column += linear.out();
      add = true;
    }
    if (inputNeeded) {
      attentionNorm.backward(rows, shared.dNorm(), x, buffers.attentionStatistics, d);
    }
  }

  private static DeviceBuffer tail(DeviceBuffer buffer, long offset) {
    return offset == 0 ? buffer : buffer.slice(offset, buffer.length() - offset);
  }

  void close() {
    linears().forEach(linear -> linear.close(shared.sharedU()));
  }
}
