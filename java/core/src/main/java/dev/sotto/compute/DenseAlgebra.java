package dev.sotto.compute;

/** The operations on plain vectors and matrices that every {@link Backend} has. */
public interface DenseAlgebra {
  /** How many elements of an F32 buffer are NaN or infinite. */
  long countNonFinite(DeviceBuffer x);

  /**
   * C[M,N] = alpha · op(A)[M,K] · op(B)[K,N] + beta · C + bias. {@code bias} [N] may be null. With
   * {@code transA} unset a row of C depends on its row of A alone, bit for bit, on a backend of
   * {@link Purpose#PRIVATE}.
   *
   * <p>{@code b} may be BF16 with {@code transA} unset: then A is rounded to BF16, to the nearest
   * with ties to even, and sums are in F32.
   */
  void gemm(
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
      DeviceBuffer bias);

  /** out = a + b over {@code count} floats; out may be a or b. */
  void add(long count, DeviceBuffer a, DeviceBuffer b, DeviceBuffer out);

  /** sum[C] += Σ_rows x[rows, C]. */
  void columnSum(long rows, long channels, DeviceBuffer x, long ldx, DeviceBuffer sum);

  /**
   * squaredNorm[0] (F64) += Σ x², over {@code count} floats, in double precision and a fixed order.
   */
  void squaredNorm(long count, DeviceBuffer x, DeviceBuffer squaredNorm);
}
