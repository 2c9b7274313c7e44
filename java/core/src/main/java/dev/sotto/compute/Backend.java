package dev.sotto.compute;

import java.nio.ByteBuffer;

/**
 * One device that runs Sotto's kernels: the CPU, or a GPU. What it can do stands in four parts,
 * {@link #dense}, {@link #transformer}, {@link #privatePath} and {@link #timer}. Every operation is
 * one call across JNI, checked against the lengths of the buffers it is given and against their
 * owner. Calls on one backend must not overlap.
 *
 * <p>Same inputs give the same bits on the same backend, for any thread count. Batches are ragged
 * and packed: sequence b holds the rows {@code start[b] .. start[b+1]-1}. Shapes are written [rows,
 * columns], row-major; N rows (tokens), B sequences, U privacy units, C channels, R rank, P
 * parameters, V vocabulary. The formulas stand in {@code native/include/sotto/ops.h}.
 *
 * <p>All methods throw {@link IllegalArgumentException} for a wrong shape, a closed buffer or a
 * buffer of another backend, {@link UnsupportedOperationException} where this backend lacks the
 * operation, {@link NativeMemoryException} when memory runs out and {@link CudaException} for
 * errors of the GPU.
 */
public interface Backend extends AutoCloseable {
  /** Where a backend's memory and arithmetic are. */
  enum Device {
    /** The host's processor. */
    CPU,
    /** A GPU, whose speed is bound by its memory more often than a processor's. */
    GPU
  }

  /**
   * What a backend is, whatever its name.
   *
   * @param device where it computes
   * @param sharesHostMemory whether it computes on the host's memory in place
   * @param hasBlas whether products may come from a foreign library
   * @param precision of frozen matrices where nobody says otherwise
   * @param isa the instruction set it uses: {@code avx512}, {@code reference}, {@code sm_90}
   */
  record Traits(
      Device device,
      boolean sharesHostMemory,
      boolean hasBlas,
      StorageType precision,
      String isa) {}

  /** The name it was opened by, for people to read; code asks for its {@link #traits}. */
  String name();

  /** What it is. */
  Traits traits();

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
   * DenseAlgebra#gemm}. The CPU uses them in place, a GPU gets a copy.
   */
  DeviceBuffer bf16Weights(ByteBuffer data);

  /**
   * A frozen matrix that stays in its quantised blocks in {@code data} (direct), for {@link
   * DenseAlgebra#gemm}. Each product unpacks it first, into scratch memory that all of them share:
   * the bits are those of a product with {@link #weights} of the same data, on every backend. On a
   * GPU the blocks cross the bus for each product.
   *
   * @return a buffer of {@link ElementType#QUANTISED}, which can be downloaded and multiplied by,
   *     and no more
   */
  DeviceBuffer quantisedWeights(StorageType type, ByteBuffer data);

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

  /** Vectors and matrices. */
  DenseAlgebra dense();

  /** The operations of a transformer. */
  TransformerKernels transformer();

  /** From per-sample gradients to an update. */
  PrivateKernels privatePath();

  /** Its clock. */
  DeviceTimer timer();

  /** Frees the backend; its buffers must be closed before. */
  @Override
  void close();
}
