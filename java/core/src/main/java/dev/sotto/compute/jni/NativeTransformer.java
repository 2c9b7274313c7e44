package dev.sotto.compute.jni;

import static dev.sotto.compute.jni.Status.check;

import dev.sotto.compute.Activation;
import dev.sotto.compute.AttentionShape;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.LoraShape;
import dev.sotto.compute.Rows;
import dev.sotto.compute.TransformerKernels;

/** The operations of a transformer, one native call each. */
final class NativeTransformer implements TransformerKernels {
  private final NativeMemory memory;

  NativeTransformer(NativeMemory memory) {
    this.memory = memory;
  }

  @Override
  public void embeddingForward(
      EmbeddingArguments embedding,
      DeviceBuffer tokenTable,
      DeviceBuffer positionTable,
      DeviceBuffer out) {
    long rows = embedding.rows();
    long channels = embedding.channels();
    long tokens = embedding.vocabulary();
    long positions = embedding.maxPositions();
    check(
        SottoNative.sotto_embedding_forward(
            memory.handle(),
            new sotto_embedding_forward_request(memory.request())
                .rows(rows)
                .channels(channels)
                .vocabulary(tokens)
                .max_positions(positions)
                .scale(embedding.scale())
                .ids(memory.ints(embedding.ids(), rows))
                .positions(positionTable == null ? null : memory.ints(embedding.positions(), rows))
                .token_table(memory.floats(tokenTable, tokens * channels))
                .position_table(memory.floats(positionTable, positions * channels))
                .out(memory.floats(out, rows * channels))));
  }

  @Override
  public void embeddingBackward(
      EmbeddingArguments embedding,
      DeviceBuffer dout,
      DeviceBuffer tokenGradient,
      DeviceBuffer positionGradient) {
    long rows = embedding.rows();
    long channels = embedding.channels();
    long tokens = embedding.vocabulary();
    long positions = embedding.maxPositions();
    check(
        SottoNative.sotto_embedding_backward(
            memory.handle(),
            new sotto_embedding_backward_request(memory.request())
                .rows(rows)
                .channels(channels)
                .vocabulary(tokens)
                .max_positions(positions)
                .scale(embedding.scale())
                .ids(memory.ints(embedding.ids(), rows))
                .positions(
                    positionGradient == null ? null : memory.ints(embedding.positions(), rows))
                .dout(memory.floats(dout, rows * channels))
                .token_gradient(memory.floats(tokenGradient, tokens * channels))
                .position_gradient(memory.floats(positionGradient, positions * channels))));
  }

  @Override
  public void layerNormForward(
      LayerNormArguments norm, float epsilon, DeviceBuffer beta, DeviceBuffer out) {
    long rows = norm.rows();
    long channels = norm.channels();
    check(
        SottoNative.sotto_layer_norm_forward(
            memory.handle(),
            new sotto_layer_norm_forward_request(memory.request())
                .rows(rows)
                .channels(channels)
                .epsilon(epsilon)
                .x(memory.floats(norm.x(), rows * channels))
                .gamma(memory.floats(norm.gamma(), channels))
                .beta(memory.floats(beta, channels))
                .out(memory.floats(out, rows * channels))
                .mean(memory.floats(norm.mean(), rows))
                .rstd(memory.floats(norm.rstd(), rows))));
  }

  @Override
  public void layerNormBackward(
      LayerNormArguments norm,
      DeviceBuffer dout,
      DeviceBuffer dx,
      DeviceBuffer dgamma,
      DeviceBuffer dbeta) {
    long rows = norm.rows();
    long channels = norm.channels();
    check(
        SottoNative.sotto_layer_norm_backward(
            memory.handle(),
            new sotto_layer_norm_backward_request(memory.request())
                .rows(rows)
                .channels(channels)
                .dout(memory.floats(dout, rows * channels))
                .x(memory.floats(norm.x(), rows * channels))
                .gamma(memory.floats(norm.gamma(), channels))
                .mean(memory.floats(norm.mean(), rows))
                .rstd(memory.floats(norm.rstd(), rows))
                .dx(memory.floats(dx, rows * channels))
                .dgamma(memory.floats(dgamma, channels))
                .dbeta(memory.floats(dbeta, channels))));
  }

  @Override
  public void rmsNormForward(RmsNormArguments norm, float epsilon, Rows out) {
    long rows = norm.rows();
    long width = norm.heads() * norm.channels();
    check(
        SottoNative.sotto_rms_norm_forward(
            memory.handle(),
            new sotto_rms_norm_forward_request(memory.request())
                .rows(rows)
                .heads(norm.heads())
                .channels(norm.channels())
                .epsilon(epsilon)
                .x(memory.floats(norm.x(), rows, width))
                .ldx(norm.x().stride())
                .gamma(memory.floats(norm.gamma(), norm.channels()))
                .out(memory.floats(out, rows, width))
                .ldout(out.stride())
                .rstd(memory.floats(norm.rstd(), rows * norm.heads()))));
  }

  @Override
  public void rmsNormBackward(RmsNormArguments norm, Rows dout, Rows dx, DeviceBuffer dgamma) {
    long rows = norm.rows();
    long width = norm.heads() * norm.channels();
    check(
        SottoNative.sotto_rms_norm_backward(
            memory.handle(),
            new sotto_rms_norm_backward_request(memory.request())
                .rows(rows)
                .heads(norm.heads())
                .channels(norm.channels())
                .dout(memory.floats(dout, rows, width))
                .lddout(dout.stride())
                .x(memory.floats(norm.x(), rows, width))
                .ldx(norm.x().stride())
                .gamma(memory.floats(norm.gamma(), norm.channels()))
                .rstd(memory.floats(norm.rstd(), rows * norm.heads()))
                .dx(memory.floats(dx, rows, width))
                .lddx(dx.stride())
                .dgamma(memory.floats(dgamma, norm.channels()))));
  }

  @Override
  public void rope(
      RotaryTable table,
      DeviceBuffer positions,
      long rows,
      long heads,
      long headStride,
      Rows x,
      boolean inverse) {
    long angles = table.maxPositions() * (table.channels() / 2);
    long width = (heads - 1) * headStride + table.channels();
    check(
        SottoNative.sotto_rope(
            memory.handle(),
            new sotto_rope_request(memory.request())
                .rows(rows)
                .heads(heads)
                .rotary_dim(table.channels())
                .head_stride(headStride)
                .max_positions(table.maxPositions())
                .inverse(inverse ? 1 : 0)
                .positions(memory.ints(positions, rows))
                .cosine(memory.floats(table.cosine(), angles))
                .sine(memory.floats(table.sine(), angles))
                .x(memory.floats(x, rows, width))
                .ldx(x.stride())));
  }

  @Override
  public void attentionForward(
      AttentionShape shape, AttentionBatch batch, AttentionArguments attention) {
    long rows = batch.rows();
    KeyValues keyValues = attention.keyValues();
    sotto_attention_forward_request request =
        new sotto_attention_forward_request(memory.request())
            .sequences(batch.sequences())
            .query_start(memory.ints(batch.queryStart(), batch.sequences() + 1))
            .key_start(memory.ints(batch.keyStart(), batch.sequences() + 1))
            .rows(rows)
            .q(memory.floats(attention.queries(), rows, span(shape, shape.heads())))
            .ldq(attention.queries().stride())
            .k(memory.floats(keyValues.keys(), 0))
            .v(memory.floats(keyValues.values(), 0))
            .ldkv(keyValues.stride())
            .out(memory.floats(attention.out(), rows, (long) shape.heads() * shape.headDim()))
            .ldout(attention.out().stride())
            .log_sum_exp(memory.floats(attention.logSumExp(), rows * shape.heads()));
    fill(request.shape(), shape);
    check(SottoNative.sotto_attention_forward(memory.handle(), request));
  }

  @Override
  public void attentionBackward(
      AttentionShape shape,
      AttentionBatch batch,
      AttentionArguments attention,
      DeviceBuffer dout,
      DeviceBuffer delta,
      Rows dQueries,
      KeyValues dKeyValues) {
    long rows = batch.rows();
    long width = (long) shape.heads() * shape.headDim();
    long wide = span(shape, shape.heads());
    long narrow = span(shape, shape.kvHeads());
    long statistics = rows * shape.heads();
    KeyValues keyValues = attention.keyValues();
    long stride = attention.out().stride();
    sotto_attention_backward_request request =
        new sotto_attention_backward_request(memory.request())
            .sequences(batch.sequences())
            .start(memory.ints(batch.queryStart(), batch.sequences() + 1))
            .rows(rows)
            .q(memory.floats(attention.queries(), rows, wide))
            .ldq(attention.queries().stride())
            .k(memory.floats(new Rows(keyValues.keys(), keyValues.stride()), rows, narrow))
            .v(memory.floats(new Rows(keyValues.values(), keyValues.stride()), rows, narrow))
            .ldkv(keyValues.stride())
            .out(memory.floats(attention.out(), rows, width))
            .dout(memory.floats(new Rows(dout, stride), rows, width))
            .ldout(stride)
            .log_sum_exp(memory.floats(attention.logSumExp(), statistics))
            .delta(memory.floats(delta, statistics))
            .dq(memory.floats(dQueries, rows, wide))
            .lddq(dQueries.stride())
            .dk(memory.floats(new Rows(dKeyValues.keys(), dKeyValues.stride()), rows, narrow))
            .dv(memory.floats(new Rows(dKeyValues.values(), dKeyValues.stride()), rows, narrow))
            .lddkv(dKeyValues.stride());
    fill(request.shape(), shape);
    check(SottoNative.sotto_attention_backward(memory.handle(), request));
  }

  /** Elements of a row from its first head to its last. */
  private static long span(AttentionShape shape, int heads) {
    return (heads - 1L) * shape.headStride() + shape.headDim();
  }

  private static void fill(sotto_attention_shape request, AttentionShape shape) {
    request
        .heads(shape.heads())
        .kv_heads(shape.kvHeads())
        .head_dim(shape.headDim())
        .head_stride(shape.headStride())
        .causal(shape.mask().causal() ? 1 : 0)
        .window(shape.mask().window())
        .scale(shape.scale())
        .cap(shape.cap());
  }

  @Override
  public void activationForward(Activation kind, long count, DeviceBuffer x, DeviceBuffer out) {
    check(
        SottoNative.sotto_activation_forward(
            memory.handle(),
            new sotto_activation_forward_request(memory.request())
                .kind(WireCode.of(kind))
                .count(count)
                .x(memory.floats(x, count))
                .out(memory.floats(out, count))));
  }

  @Override
  public void activationBackward(
      Activation kind, long count, DeviceBuffer x, DeviceBuffer dout, DeviceBuffer dx) {
    check(
        SottoNative.sotto_activation_backward(
            memory.handle(),
            new sotto_activation_backward_request(memory.request())
                .kind(WireCode.of(kind))
                .count(count)
                .x(memory.floats(x, count))
                .dout(memory.floats(dout, count))
                .dx(memory.floats(dx, count))));
  }

  @Override
  public void gatedActivationForward(
      Activation kind, long rows, long channels, GateAndUp x, DeviceBuffer out) {
    check(
        SottoNative.sotto_gated_activation_forward(
            memory.handle(),
            new sotto_gated_activation_forward_request(memory.request())
                .kind(WireCode.of(kind))
                .rows(rows)
                .channels(channels)
                .gate(memory.floats(new Rows(x.gate(), x.stride()), rows, channels))
                .up(memory.floats(new Rows(x.up(), x.stride()), rows, channels))
                .ld(x.stride())
                .out(memory.floats(out, rows * channels))));
  }

  @Override
  public void gatedActivationBackward(
      Activation kind, long rows, long channels, GateAndUp x, DeviceBuffer dout, GateAndUp dx) {
    check(
        SottoNative.sotto_gated_activation_backward(
            memory.handle(),
            new sotto_gated_activation_backward_request(memory.request())
                .kind(WireCode.of(kind))
                .rows(rows)
                .channels(channels)
                .gate(memory.floats(new Rows(x.gate(), x.stride()), rows, channels))
                .up(memory.floats(new Rows(x.up(), x.stride()), rows, channels))
                .ld(x.stride())
                .dout(memory.floats(dout, rows * channels))
                .dgate(memory.floats(new Rows(dx.gate(), dx.stride()), rows, channels))
                .dup(memory.floats(new Rows(dx.up(), dx.stride()), rows, channels))
                .ldd(dx.stride())));
  }

  @Override
  public void crossEntropy(
      long rows,
      Logits logits,
      DeviceBuffer targets,
      DeviceBuffer rowWeight,
      boolean gradient,
      DeviceBuffer rowLoss) {
    check(
        SottoNative.sotto_cross_entropy(
            memory.handle(),
            new sotto_cross_entropy_request(memory.request())
                .rows(rows)
                .vocabulary(logits.vocabulary())
                .cap(logits.cap())
                .logits(memory.floats(logits.values(), rows, logits.vocabulary()))
                .ld(logits.values().stride())
                .targets(memory.ints(targets, rows))
                .row_weight(memory.floats(rowWeight, rows))
                .gradient(gradient ? 1 : 0)
                .row_loss(memory.floats(rowLoss, rows))));
  }

  @Override
  public void squaredError(
      long rows,
      Rows logits,
      DeviceBuffer targets,
      DeviceBuffer rowWeight,
      boolean gradient,
      DeviceBuffer rowLoss) {
    check(
        SottoNative.sotto_squared_error(
            memory.handle(),
            new sotto_squared_error_request(memory.request())
                .rows(rows)
                .logits(memory.floats(logits, rows, 1))
                .ld(logits.stride())
                .targets(memory.floats(targets, rows))
                .row_weight(memory.floats(rowWeight, rows))
                .gradient(gradient ? 1 : 0)
                .row_loss(memory.floats(rowLoss, rows))));
  }

  @Override
  public void poolForward(PoolArguments pool, DeviceBuffer x, DeviceBuffer out) {
    check(
        SottoNative.sotto_pool_forward(
            memory.handle(),
            new sotto_pool_forward_request(memory.request())
                .kind(WireCode.of(pool.kind()))
                .sequences(pool.sequences())
                .rows(pool.rows())
                .channels(pool.channels())
                .start(memory.ints(pool.start(), pool.sequences() + 1))
                .x(memory.floats(x, pool.rows() * pool.channels()))
                .out(memory.floats(out, pool.sequences() * pool.channels()))));
  }

  @Override
  public void poolBackward(PoolArguments pool, DeviceBuffer dout, DeviceBuffer dx) {
    check(
        SottoNative.sotto_pool_backward(
            memory.handle(),
            new sotto_pool_backward_request(memory.request())
                .kind(WireCode.of(pool.kind()))
                .sequences(pool.sequences())
                .rows(pool.rows())
                .channels(pool.channels())
                .start(memory.ints(pool.start(), pool.sequences() + 1))
                .dout(memory.floats(dout, pool.sequences() * pool.channels()))
                .dx(memory.floats(dx, pool.rows() * pool.channels()))));
  }

  @Override
  public void loraForward(
      LoraShape shape,
      long rows,
      DeviceBuffer x,
      DeviceBuffer a,
      DeviceBuffer b,
      DeviceBuffer u,
      Rows y) {
    long rank = shape.rank();
    sotto_lora_forward_request request =
        new sotto_lora_forward_request(memory.request())
            .rows(rows)
            .x(memory.floats(x, rows * shape.inChannels()))
            .a(memory.floats(a, rank * shape.inChannels()))
            .b(memory.floats(b, rank * shape.outChannels()))
            .u(memory.floats(u, rows * rank))
            .y(memory.floats(y, rows, shape.outChannels()))
            .ldy(y.stride());
    fill(request.shape(), shape);
    check(SottoNative.sotto_lora_forward(memory.handle(), request));
  }

  @Override
  public void loraBackward(
      LoraShape shape,
      long rows,
      Rows dy,
      DeviceBuffer a,
      DeviceBuffer b,
      DeviceBuffer du,
      DeviceBuffer dx) {
    long rank = shape.rank();
    sotto_lora_backward_request request =
        new sotto_lora_backward_request(memory.request())
            .rows(rows)
            .dy(memory.floats(dy, rows, shape.outChannels()))
            .lddy(dy.stride())
            .a(memory.floats(a, rank * shape.inChannels()))
            .b(memory.floats(b, rank * shape.outChannels()))
            .du(memory.floats(du, rows * rank))
            .dx(memory.floats(dx, rows * shape.inChannels()));
    fill(request.shape(), shape);
    check(SottoNative.sotto_lora_backward(memory.handle(), request));
  }

  static void fill(sotto_lora_shape request, LoraShape shape) {
    request
        .in_channels(shape.inChannels())
        .out_channels(shape.outChannels())
        .rank(shape.rank())
        .scale(shape.scale());
  }
}
