package dev.sotto.compute.jni;

import static dev.sotto.compute.jni.Status.check;

import dev.sotto.compute.Activation;
import dev.sotto.compute.AttentionShape;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.Purpose;

/** The operations of a transformer, one native call each. */
abstract class NativeTransformer extends NativeDense {
  NativeTransformer(String name, Purpose purpose, String reason, BackendHandle handle) {
    super(name, purpose, reason, handle);
  }

  @Override
  public void embeddingForward(
      long rows,
      long channels,
      long vocabulary,
      long maxPositions,
      DeviceBuffer ids,
      DeviceBuffer positions,
      DeviceBuffer tokenTable,
      DeviceBuffer positionTable,
      DeviceBuffer out) {
    check(
        SottoNative.sotto_embedding_forward(
            handle(),
            rows,
            channels,
            vocabulary,
            maxPositions,
            i(ids, rows),
            positionTable == null ? null : i(positions, rows),
            f(tokenTable, vocabulary * channels),
            f(positionTable, maxPositions * channels),
            f(out, rows * channels)));
  }

  @Override
  public void embeddingBackward(
      long rows,
      long channels,
      long vocabulary,
      long maxPositions,
      DeviceBuffer ids,
      DeviceBuffer positions,
      DeviceBuffer dout,
      DeviceBuffer tokenGradient,
      DeviceBuffer positionGradient) {
    check(
        SottoNative.sotto_embedding_backward(
            handle(),
            rows,
            channels,
            vocabulary,
            maxPositions,
            i(ids, rows),
            positionGradient == null ? null : i(positions, rows),
            f(dout, rows * channels),
            f(tokenGradient, vocabulary * channels),
            f(positionGradient, maxPositions * channels)));
  }

  @Override
  public void layerNormForward(
      long rows,
      long channels,
      float epsilon,
      DeviceBuffer x,
      DeviceBuffer gamma,
      DeviceBuffer beta,
      DeviceBuffer out,
      DeviceBuffer mean,
      DeviceBuffer rstd) {
    long n = rows * channels;
    check(
        SottoNative.sotto_layer_norm_forward(
            handle(),
            rows,
            channels,
            epsilon,
            f(x, n),
            f(gamma, channels),
            f(beta, channels),
            f(out, n),
            f(mean, rows),
            f(rstd, rows)));
  }

  @Override
  public void layerNormBackward(
      long rows,
      long channels,
      DeviceBuffer dout,
      DeviceBuffer x,
      DeviceBuffer gamma,
      DeviceBuffer mean,
      DeviceBuffer rstd,
      DeviceBuffer dx,
      DeviceBuffer dgamma,
      DeviceBuffer dbeta) {
    long n = rows * channels;
    check(
        SottoNative.sotto_layer_norm_backward(
            handle(),
            rows,
            channels,
            f(dout, n),
            f(x, n),
            f(gamma, channels),
            f(mean, rows),
            f(rstd, rows),
            f(dx, n),
            f(dgamma, channels),
            f(dbeta, channels)));
  }

  @Override
  public void rmsNormForward(
      long rows,
      long channels,
      float epsilon,
      DeviceBuffer x,
      DeviceBuffer gamma,
      DeviceBuffer out,
      DeviceBuffer rstd) {
    long n = rows * channels;
    check(
        SottoNative.sotto_rms_norm_forward(
            handle(),
            rows,
            channels,
            epsilon,
            f(x, n),
            f(gamma, channels),
            f(out, n),
            f(rstd, rows)));
  }

  @Override
  public void rmsNormBackward(
      long rows,
      long channels,
      DeviceBuffer dout,
      DeviceBuffer x,
      DeviceBuffer gamma,
      DeviceBuffer rstd,
      DeviceBuffer dx,
      DeviceBuffer dgamma) {
    long n = rows * channels;
    check(
        SottoNative.sotto_rms_norm_backward(
            handle(),
            rows,
            channels,
            f(dout, n),
            f(x, n),
            f(gamma, channels),
            f(rstd, rows),
            f(dx, n),
            f(dgamma, channels)));
  }

  @Override
  public void rope(
      long rows,
      long heads,
      long headDim,
      long maxPositions,
      boolean inverse,
      DeviceBuffer positions,
      DeviceBuffer cosine,
      DeviceBuffer sine,
      DeviceBuffer x,
      long ldx) {
    long table = maxPositions * (headDim / 2);
    check(
        SottoNative.sotto_rope(
            handle(),
            rows,
            heads,
            headDim,
            maxPositions,
            flag(inverse),
            i(positions, rows),
            f(cosine, table),
            f(sine, table),
            f(x, span(rows, heads * headDim, ldx)),
            ldx));
  }

  @Override
  public void attentionForward(
      AttentionShape shape,
      long sequences,
      DeviceBuffer queryStart,
      DeviceBuffer keyStart,
      long rows,
      DeviceBuffer q,
      long ldq,
      DeviceBuffer k,
      DeviceBuffer v,
      long ldkv,
      DeviceBuffer out,
      long ldout,
      DeviceBuffer logSumExp) {
    long width = (long) shape.heads() * shape.headDim();
    check(
        SottoNative.sotto_attention_forward(
            handle(),
            sequences,
            i(queryStart, sequences + 1),
            i(keyStart, sequences + 1),
            rows,
            shape.heads(),
            shape.kvHeads(),
            shape.headDim(),
            flag(shape.causal()),
            shape.window(),
            shape.scale(),
            f(q, span(rows, width, ldq)),
            ldq,
            f(k, 0),
            f(v, 0),
            ldkv,
            f(out, span(rows, width, ldout)),
            ldout,
            f(logSumExp, rows * shape.heads())));
  }

  @Override
  public void attentionBackward(
      AttentionShape shape,
      long sequences,
      DeviceBuffer start,
      long rows,
      DeviceBuffer q,
      long ldq,
      DeviceBuffer k,
      DeviceBuffer v,
      long ldkv,
      DeviceBuffer out,
      DeviceBuffer dout,
      long ldout,
      DeviceBuffer logSumExp,
      DeviceBuffer delta,
      DeviceBuffer dq,
      long lddq,
      DeviceBuffer dk,
      DeviceBuffer dv,
      long lddkv) {
    long width = (long) shape.heads() * shape.headDim();
    long narrow = (long) shape.kvHeads() * shape.headDim();
    long statistics = rows * shape.heads();
    check(
        SottoNative.sotto_attention_backward(
            handle(),
            sequences,
            i(start, sequences + 1),
            rows,
            shape.heads(),
            shape.kvHeads(),
            shape.headDim(),
            flag(shape.causal()),
            shape.window(),
            shape.scale(),
            f(q, span(rows, width, ldq)),
            ldq,
            f(k, span(rows, narrow, ldkv)),
            f(v, span(rows, narrow, ldkv)),
            ldkv,
            f(out, span(rows, width, ldout)),
            f(dout, span(rows, width, ldout)),
            ldout,
            f(logSumExp, statistics),
            f(delta, statistics),
            f(dq, span(rows, width, lddq)),
            lddq,
            f(dk, span(rows, narrow, lddkv)),
            f(dv, span(rows, narrow, lddkv)),
            lddkv));
  }

  @Override
  public void activationForward(Activation kind, long count, DeviceBuffer x, DeviceBuffer out) {
    check(
        SottoNative.sotto_activation_forward(
            handle(), kind.ordinal(), count, f(x, count), f(out, count)));
  }

  @Override
  public void activationBackward(
      Activation kind, long count, DeviceBuffer x, DeviceBuffer dout, DeviceBuffer dx) {
    check(
        SottoNative.sotto_activation_backward(
            handle(), kind.ordinal(), count, f(x, count), f(dout, count), f(dx, count)));
  }

  @Override
  public void gatedActivationForward(
      Activation kind, long count, DeviceBuffer gate, DeviceBuffer up, DeviceBuffer out) {
    check(
        SottoNative.sotto_gated_activation_forward(
            handle(), kind.ordinal(), count, f(gate, count), f(up, count), f(out, count)));
  }

  @Override
  public void gatedActivationBackward(
      Activation kind,
      long count,
      DeviceBuffer gate,
      DeviceBuffer up,
      DeviceBuffer dout,
      DeviceBuffer dgate,
      DeviceBuffer dup) {
    check(
        SottoNative.sotto_gated_activation_backward(
            handle(),
            kind.ordinal(),
            count,
            f(gate, count),
            f(up, count),
            f(dout, count),
            f(dgate, count),
            f(dup, count)));
  }

  @Override
  public void crossEntropy(
      long rows,
      long vocabulary,
      DeviceBuffer logits,
      long ld,
      DeviceBuffer targets,
      DeviceBuffer rowWeight,
      boolean gradient,
      DeviceBuffer rowLoss) {
    check(
        SottoNative.sotto_cross_entropy(
            handle(),
            rows,
            vocabulary,
            f(logits, span(rows, vocabulary, ld)),
            ld,
            i(targets, rows),
            f(rowWeight, rowWeight == null ? 0 : rows),
            flag(gradient),
            f(rowLoss, rows)));
  }
}
