package dev.sotto.compute;

/** The operations on plain vectors and matrices that every {@link Backend} has. */
public interface DenseAlgebra {
  /**
   * The sizes of C[M,N] = op(A)[M,K] · op(B)[K,N].
   *
   * @param transA whether op(A) = Aᵀ, and A is stored [K,M]
   * @param transB whether op(B) = Bᵀ, and B is stored [N,K]
   * @param m rows of C
   * @param n columns of C
   * @param k length of each sum
   */
  record Product(boolean transA, boolean transB, long m, long n, long k) {
    /** A · B. */
    public static Product of(long m, long n, long k) {
      return new Product(false, false, m, n, k);
    }

    /** A · Bᵀ. */
    public static Product byTransposed(long m, long n, long k) {
      return new Product(false, true, m, n, k);
    }

    /** Aᵀ · B. */
    public static Product ofTransposed(long m, long n, long k) {
      return new Product(true, false, m, n, k);
    }
  }

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
  void gemm(Product product, float alpha, Rows a, Rows b, float beta, Rows c, DeviceBuffer bias);

  /** C = op(A) · op(B): {@link #gemm(Product, float, Rows, Rows, float, Rows, DeviceBuffer)}. */
  default void gemm(Product product, Rows a, Rows b, Rows c) {
    gemm(product, 1, a, b, 0, c, null);
  }

  /** out = a + b over {@code count} floats; out may be a or b. */
  void add(long count, DeviceBuffer a, DeviceBuffer b, DeviceBuffer out);

  /** sum[C] += Σ_rows x[rows, C]. */
  void columnSum(long rows, long channels, Rows x, DeviceBuffer sum);

  /**
   * squaredNorm[0] (F64) += Σ x², over {@code count} floats, in double precision and a fixed order.
   */
  void squaredNorm(long count, DeviceBuffer x, DeviceBuffer squaredNorm);
}
