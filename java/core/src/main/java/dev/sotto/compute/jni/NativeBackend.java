package dev.sotto.compute.jni;

import static dev.sotto.compute.jni.Status.check;

import dev.sotto.compute.Activation;
import dev.sotto.compute.AttentionShape;
import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.LoraShape;
import dev.sotto.compute.NoiseLaw;
import dev.sotto.compute.StorageType;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * The backends behind {@code sotto.h}. Each operation checks that its buffers are of the right type
 * and long enough, which C cannot see, and makes one call; C checks the shapes.
 */
public final class NativeBackend implements Backend {
  private static final int DESCRIPTION_BYTES = 1024;

  private final String name;
  private final String reason;
  private BackendHandle handle;
  private BytePointer staging;

  private NativeBackend(String name, String reason, BackendHandle handle) {
    this.name = name;
    this.reason = reason;
    this.handle = handle;
  }

  /**
   * Opens a native backend.
   *
   * @param name {@code cpu}, {@code cpu-reference} or {@code cuda}
   * @param threads worker threads, 0 for all
   * @param reason why this backend was taken, for {@link #reason}
   * @throws UnsupportedOperationException if it cannot run here
   */
  public static NativeBackend open(String name, int threads, String reason) {
    try {
      NativeLibraries.load();
    } catch (UnsatisfiedLinkError e) {
      throw new UnsupportedOperationException(
          "the native kernels do not load on this machine: " + e.getMessage(), e);
    }
    String blas = name.startsWith("cpu") ? NativeLibraries.openBlas() : null;
    String cuda = name.equals("cuda") ? NativeLibraries.cuda() : null;
    BackendHandle handle = new BackendHandle();
    check(SottoNative.sotto_backend_create(name, threads, blas, cuda, handle));
    return new NativeBackend(name, reason, handle);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String describe() {
    byte[] text = new byte[DESCRIPTION_BYTES];
    check(SottoNative.sotto_backend_describe(handle(), text, text.length));
    int end = 0;
    while (end < text.length && text[end] != 0) {
      end++;
    }
    return new String(text, 0, end, StandardCharsets.UTF_8);
  }

  @Override
  public String reason() {
    return reason;
  }

  @Override
  public boolean trains() {
    try {
      gemm(false, true, 0, 0, 0, 1f, null, 0, null, 0, 0f, null, 0, null);
      return true;
    } catch (UnsupportedOperationException e) {
      return false;
    }
  }

  @Override
  public DeviceBuffer allocate(ElementType type, long length) {
    if (length < 0) {
      throw new IllegalArgumentException("a buffer of " + length + " elements");
    }
    Pointer out = new Pointer();
    check(SottoNative.sotto_alloc(handle(), Math.max(1, length) * type.bytes(), out));
    Pointer typed =
        switch (type) {
          case F32 -> new FloatPointer(out);
          case F64 -> new DoublePointer(out);
          case I32 -> new IntPointer(out);
        };
    return new NativeBuffer(this, type, length, typed, true);
  }

  @Override
  public DeviceBuffer weights(StorageType type, ByteBuffer data) {
    if (!data.isDirect()) {
      throw new IllegalArgumentException("weights must be in a direct buffer");
    }
    long count = data.remaining() / type.bytes();
    Pointer source = new Pointer(data.slice());
    if (type == StorageType.F32 && name.startsWith("cpu") && source.address() % 4 == 0) {
      return new NativeBuffer(this, ElementType.F32, count, new FloatPointer(source), false);
    }
    DeviceBuffer out = allocate(ElementType.F32, count);
    check(SottoNative.sotto_convert_to_f32(handle(), type.ordinal(), count, source, f(out, count)));
    return out;
  }

  @Override
  public long allocations() {
    return memoryStats()[0];
  }

  @Override
  public long liveBytes() {
    return memoryStats()[1];
  }

  private long[] memoryStats() {
    long[] allocations = new long[1];
    long[] live = new long[1];
    check(SottoNative.sotto_memory_stats(handle(), allocations, live));
    return new long[] {allocations[0], live[0]};
  }

  @Override
  public long countNonFinite(DeviceBuffer x) {
    LongPointer out = new LongPointer(staging(Long.BYTES));
    check(SottoNative.sotto_count_nonfinite(handle(), x.length(), f(x, x.length()), out));
    return out.get();
  }

  @Override
  public void gemm(
      boolean transA,
      boolean transB,
      long m,
      long n,
      long k,
      float alpha,
      DeviceBuffer a,
      long lda,
      DeviceBuffer b,
      long ldb,
      float beta,
      DeviceBuffer c,
      long ldc,
      DeviceBuffer bias) {
    check(
        SottoNative.sotto_gemm(
            handle(),
            flag(transA),
            flag(transB),
            m,
            n,
            k,
            alpha,
            f(a, transA ? span(k, m, lda) : span(m, k, lda)),
            lda,
            f(b, transB ? span(n, k, ldb) : span(k, n, ldb)),
            ldb,
            beta,
            f(c, span(m, n, ldc)),
            ldc,
            f(bias, bias == null ? 0 : n)));
  }

  @Override
  public void add(long count, DeviceBuffer a, DeviceBuffer b, DeviceBuffer out) {
    check(SottoNative.sotto_add(handle(), count, f(a, count), f(b, count), f(out, count)));
  }

  @Override
  public void columnSum(long rows, long channels, DeviceBuffer x, long ldx, DeviceBuffer sum) {
    check(
        SottoNative.sotto_column_sum(
            handle(), rows, channels, f(x, span(rows, channels, ldx)), ldx, f(sum, channels)));
  }

  @Override
  public void squaredNorm(long count, DeviceBuffer x, DeviceBuffer out) {
    check(SottoNative.sotto_squared_norm(handle(), count, f(x, count), d(out, 1)));
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

  @Override
  public void loraForward(
      LoraShape shape,
      long rows,
      DeviceBuffer x,
      DeviceBuffer a,
      DeviceBuffer b,
      DeviceBuffer u,
      DeviceBuffer y,
      long ldy) {
    int rank = shape.rank();
    check(
        SottoNative.sotto_lora_forward(
            handle(),
            rows,
            shape.inChannels(),
            shape.outChannels(),
            rank,
            shape.scale(),
            f(x, rows * shape.inChannels()),
            f(a, (long) rank * shape.inChannels()),
            f(b, (long) rank * shape.outChannels()),
            f(u, rows * rank),
            f(y, span(rows, shape.outChannels(), ldy)),
            ldy));
  }

  @Override
  public void loraBackward(
      LoraShape shape,
      long rows,
      DeviceBuffer dy,
      long lddy,
      DeviceBuffer a,
      DeviceBuffer b,
      DeviceBuffer du,
      DeviceBuffer dx) {
    int rank = shape.rank();
    check(
        SottoNative.sotto_lora_backward(
            handle(),
            rows,
            shape.inChannels(),
            shape.outChannels(),
            rank,
            shape.scale(),
            f(dy, span(rows, shape.outChannels(), lddy)),
            lddy,
            f(a, (long) rank * shape.inChannels()),
            f(b, (long) rank * shape.outChannels()),
            f(du, rows * rank),
            f(dx, rows * shape.inChannels())));
  }

  @Override
  public void perSampleNorm(
      LoraShape shape,
      long units,
      DeviceBuffer unitStart,
      long rows,
      DeviceBuffer x,
      DeviceBuffer u,
      DeviceBuffer dy,
      long lddy,
      DeviceBuffer du,
      boolean accumulate,
      DeviceBuffer gradients,
      long gradientStride,
      DeviceBuffer squaredNorm) {
    int rank = shape.rank();
    check(
        SottoNative.sotto_per_sample_norm(
            handle(),
            units,
            i(unitStart, units + 1),
            shape.inChannels(),
            shape.outChannels(),
            rank,
            shape.scale(),
            f(x, rows * shape.inChannels()),
            f(u, rows * rank),
            f(dy, span(rows, shape.outChannels(), lddy)),
            lddy,
            f(du, rows * rank),
            flag(accumulate),
            f(gradients, span(units, shape.parameters(), gradientStride)),
            gradientStride,
            d(squaredNorm, units)));
  }

  @Override
  public void clipFactor(
      long units, long pairs, DeviceBuffer squaredNorm, double[] clipNorm, DeviceBuffer factor) {
    DoublePointer norms = new DoublePointer(staging(8L * clipNorm.length));
    norms.put(clipNorm);
    check(
        SottoNative.sotto_clip_factor(
            handle(),
            units,
            pairs,
            clipNorm.length,
            d(squaredNorm, units * pairs),
            norms,
            f(factor, units * clipNorm.length)));
  }

  @Override
  public void clippedSum(
      long units,
      long parameters,
      DeviceBuffer gradients,
      long gradientStride,
      DeviceBuffer factor,
      double quantum,
      DeviceBuffer sum) {
    check(
        SottoNative.sotto_clipped_sum(
            handle(),
            units,
            parameters,
            f(gradients, span(units, parameters, gradientStride)),
            gradientStride,
            f(factor, units),
            quantum,
            d(sum, parameters)));
  }

  @Override
  public void addNoise(
      NoiseLaw law,
      long parameters,
      double scale,
      double quantum,
      byte[] key,
      long step,
      int tensor,
      long firstIndex,
      DeviceBuffer sum,
      double multiplier,
      DeviceBuffer out) {
    if (key.length != 32) {
      throw new IllegalArgumentException("a noise key has 32 bytes, not " + key.length);
    }
    BytePointer hostKey = new BytePointer(staging(key.length));
    hostKey.put(key);
    check(
        SottoNative.sotto_add_noise(
            handle(),
            law.ordinal(),
            parameters,
            scale,
            quantum,
            hostKey,
            step,
            tensor,
            firstIndex,
            d(sum, parameters),
            multiplier,
            f(out, parameters)));
  }

  @Override
  public void sgdStep(
      long parameters,
      float rate,
      float momentum,
      float weightDecay,
      DeviceBuffer gradient,
      DeviceBuffer velocity,
      DeviceBuffer weights) {
    check(
        SottoNative.sotto_sgd_step(
            handle(),
            parameters,
            rate,
            momentum,
            weightDecay,
            f(gradient, parameters),
            f(velocity, parameters),
            f(weights, parameters)));
  }

  @Override
  public void adamwStep(
      long parameters,
      float rate,
      float beta1,
      float beta2,
      float epsilon,
      float weightDecay,
      long step,
      DeviceBuffer gradient,
      DeviceBuffer firstMoment,
      DeviceBuffer secondMoment,
      DeviceBuffer weights) {
    check(
        SottoNative.sotto_adamw_step(
            handle(),
            parameters,
            rate,
            beta1,
            beta2,
            epsilon,
            weightDecay,
            step,
            f(gradient, parameters),
            f(firstMoment, parameters),
            f(secondMoment, parameters),
            f(weights, parameters)));
  }

  @Override
  public void close() {
    if (handle != null) {
      if (staging != null) {
        staging.close();
        staging = null;
      }
      SottoNative.sotto_backend_destroy(handle);
      handle = null;
    }
  }

  /** Host memory of at least {@code bytes}, kept between calls, for copies of Java arrays. */
  Pointer staging(long bytes) {
    if (staging == null || staging.capacity() < bytes) {
      if (staging != null) {
        staging.close();
      }
      staging = new BytePointer(Math.max(4096, Long.highestOneBit(bytes) * 2));
    }
    return staging;
  }

  void upload(NativeBuffer device, Pointer host, long bytes) {
    check(SottoNative.sotto_upload(handle(), device.pointer(), host, bytes));
  }

  void download(Pointer host, NativeBuffer device, long bytes) {
    check(SottoNative.sotto_download(handle(), host, device.pointer(), bytes));
  }

  void zero(NativeBuffer device) {
    check(SottoNative.sotto_zero(handle(), device.pointer(), device.bytes()));
  }

  void free(Pointer memory) {
    check(SottoNative.sotto_free(handle(), memory));
  }

  private BackendHandle handle() {
    if (handle == null) {
      throw new IllegalArgumentException("the backend was closed");
    }
    return handle;
  }

  private static int flag(boolean value) {
    return value ? 1 : 0;
  }

  /** Elements from the first of row 0 to the last of the last row. */
  private static long span(long rows, long columns, long ld) {
    return rows <= 0 ? 0 : (rows - 1) * ld + columns;
  }

  private FloatPointer f(DeviceBuffer buffer, long atLeast) {
    return (FloatPointer) pointer(buffer, ElementType.F32, atLeast);
  }

  private DoublePointer d(DeviceBuffer buffer, long atLeast) {
    return (DoublePointer) pointer(buffer, ElementType.F64, atLeast);
  }

  private IntPointer i(DeviceBuffer buffer, long atLeast) {
    return (IntPointer) pointer(buffer, ElementType.I32, atLeast);
  }

  private static Pointer pointer(DeviceBuffer buffer, ElementType type, long atLeast) {
    if (buffer == null) {
      return null;
    }
    if (buffer.type() != type) {
      throw new IllegalArgumentException(
          "a buffer of " + buffer.type() + " was given where " + type + " is needed");
    }
    if (buffer.length() < atLeast) {
      throw new IllegalArgumentException(
          "a buffer of " + buffer.length() + " elements is too short: " + atLeast + " are needed");
    }
    return ((NativeBuffer) buffer).pointer();
  }
}
