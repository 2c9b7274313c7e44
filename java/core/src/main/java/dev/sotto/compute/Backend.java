package dev.sotto.compute;

import java.nio.ByteBuffer;

/**
 * One device that runs Sotto's kernels: the CPU, or a GPU. Every method is one call across JNI,
 * checked against the lengths of the buffers it is given. Calls on one backend must not overlap.
 *
 * <p>Same inputs give the same bits on the same backend, for any thread count. Batches are ragged
 * and packed: sequence b holds the rows {@code start[b] .. start[b+1]-1}. Shapes are written [rows,
 * columns], row-major; N rows (tokens), B sequences, U privacy units, C channels, R rank, P
 * parameters, V vocabulary. The formulas stand in {@code native/include/sotto/sotto.h}.
 *
 * <p>All methods throw {@link IllegalArgumentException} for a wrong shape or a closed buffer,
 * {@link UnsupportedOperationException} where this backend lacks the operation, {@link
 * NativeMemoryException} when memory runs out and {@link CudaException} for errors of the GPU.
 */
public interface Backend extends DenseAlgebra, PrivateKernels, DeviceTimer, AutoCloseable {
  /** The name it was opened by, {@code cpu}, {@code cpu-reference} or {@code cuda}. */
  String name();

  /** What it was opened for. */
  Purpose purpose();

  /** What really runs: instruction set or GPU, threads, BLAS. One line. */
  String describe();

  /** Why {@code auto} settled on this backend, or an empty string when it was named. */
  String reason();

  /** Zeroed memory for {@code length} elements; the caller closes it. */
  DeviceBuffer allocate(ElementType type, long length);

  /**
   * A read-only F32 buffer over weights in little-endian {@code data} (direct). On the CPU, F32
   * data is used in place, without a copy; anything else is converted into device memory once.
   */
  DeviceBuffer weights(StorageType type, ByteBuffer data);

  /**
   * A read-only BF16 buffer over weights in little-endian BF16 {@code data} (direct), for {@link
   * #gemm}. The CPU uses them in place, a GPU gets a copy.
   */
  DeviceBuffer bf16Weights(ByteBuffer data);

  /** Native allocations made since the backend was opened, scratch memory included. */
  long allocations();

  /** Bytes of native memory now in use. */
  long liveBytes();

  /**
   * Plans a step: {@code step} is run with calls that compute, copy and change nothing (what they
   * download is 0) and may not allocate. On a GPU the most scratch memory that one of them needs is
   * allocated then, and the same step, no larger, allocates nothing afterwards; on the CPU scratch
   * memory grows in the first step. A BLAS on the private path is tested with the step's matrices.
   *
   * @throws DependentRowsException if the BLAS fails the test
   */
  void rehearse(Runnable step);

  /**
   * out[N,C] = tokenTable[ids] + positionTable[positions]; {@code positionTable} and {@code
   * positions} may be null.
   */
  void embeddingForward(
      long rows,
      long channels,
      long vocabulary,
      long maxPositions,
      DeviceBuffer ids,
      DeviceBuffer positions,
      DeviceBuffer tokenTable,
      DeviceBuffer positionTable,
      DeviceBuffer out);

  /** Adds dout[N,C] to the rows of the tables' gradients; either gradient may be null. */
  void embeddingBackward(
      long rows,
      long channels,
      long vocabulary,
      long maxPositions,
      DeviceBuffer ids,
      DeviceBuffer positions,
      DeviceBuffer dout,
      DeviceBuffer tokenGradient,
      DeviceBuffer positionGradient);

  /** LayerNorm over rows; mean[N] and rstd[N] are kept for the backward pass. */
  void layerNormForward(
      long rows,
      long channels,
      float epsilon,
      DeviceBuffer x,
      DeviceBuffer gamma,
      DeviceBuffer beta,
      DeviceBuffer out,
      DeviceBuffer mean,
      DeviceBuffer rstd);

  /** dx += gradient of x; dgamma and dbeta are added to and may be null. */
  void layerNormBackward(
      long rows,
      long channels,
      DeviceBuffer dout,
      DeviceBuffer x,
      DeviceBuffer gamma,
      DeviceBuffer mean,
      DeviceBuffer rstd,
      DeviceBuffer dx,
      DeviceBuffer dgamma,
      DeviceBuffer dbeta);

  /** RMSNorm over rows; rstd[N] is kept for the backward pass. */
  void rmsNormForward(
      long rows,
      long channels,
      float epsilon,
      DeviceBuffer x,
      DeviceBuffer gamma,
      DeviceBuffer out,
      DeviceBuffer rstd);

  /** dx += gradient of x; dgamma is added to and may be null. */
  void rmsNormBackward(
      long rows,
      long channels,
      DeviceBuffer dout,
      DeviceBuffer x,
      DeviceBuffer gamma,
      DeviceBuffer rstd,
      DeviceBuffer dx,
      DeviceBuffer dgamma);

  /** Rotary embedding of x[N, heads · headDim] in place; tables are [maxPositions, headDim/2]. */
  void rope(
      long rows,
      long heads,
      long headDim,
      long maxPositions,
      boolean inverse,
      DeviceBuffer positions,
      DeviceBuffer cosine,
      DeviceBuffer sine,
      DeviceBuffer x,
      long ldx);

  /** Softmax attention; queries may be fewer than keys. logSumExp[heads, N] is kept. */
  void attentionForward(
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
      DeviceBuffer logSumExp);

  /** Gradients of attention with queries and keys of the same rows; delta is scratch. */
  void attentionBackward(
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
      long lddkv);

  /** out = f(x). */
  void activationForward(Activation kind, long count, DeviceBuffer x, DeviceBuffer out);

  /** dx = dout · f'(x); dx may be dout. */
  void activationBackward(
      Activation kind, long count, DeviceBuffer x, DeviceBuffer dout, DeviceBuffer dx);

  /** out = f(gate) · up. */
  void gatedActivationForward(
      Activation kind, long count, DeviceBuffer gate, DeviceBuffer up, DeviceBuffer out);

  /** Gradients of {@link #gatedActivationForward}; either result may be dout. */
  void gatedActivationBackward(
      Activation kind,
      long count,
      DeviceBuffer gate,
      DeviceBuffer up,
      DeviceBuffer dout,
      DeviceBuffer dgate,
      DeviceBuffer dup);

  /**
   * Softmax cross-entropy in nats per row, 0 where targets[r] is negative. With {@code gradient}
   * the logits [N,V] become rowWeight[r] · (softmax − one-hot). The losses are private: they must
   * not be shown.
   */
  void crossEntropy(
      long rows,
      long vocabulary,
      DeviceBuffer logits,
      long ld,
      DeviceBuffer targets,
      DeviceBuffer rowWeight,
      boolean gradient,
      DeviceBuffer rowLoss);

  /** u[N,R] = x A^T; y[N,Cout] += scale · u B^T, with A [R,Cin], B [Cout,R]. */
  void loraForward(
      LoraShape shape,
      long rows,
      DeviceBuffer x,
      DeviceBuffer a,
      DeviceBuffer b,
      DeviceBuffer u,
      DeviceBuffer y,
      long ldy);

  /** du[N,R] = scale · dy B; dx[N,Cin] += du A. dx may be null. */
  void loraBackward(
      LoraShape shape,
      long rows,
      DeviceBuffer dy,
      long lddy,
      DeviceBuffer a,
      DeviceBuffer b,
      DeviceBuffer du,
      DeviceBuffer dx);

  /** Frees the backend; its buffers must be closed before. */
  @Override
  void close();
}
