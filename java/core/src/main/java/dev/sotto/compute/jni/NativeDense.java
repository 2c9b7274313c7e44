package dev.sotto.compute.jni;

import static dev.sotto.compute.jni.Status.check;

import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.Purpose;
import org.bytedeco.javacpp.LongPointer;

/** The operations of dense algebra, one native call each. */
abstract class NativeDense extends NativeDevice {
  NativeDense(String name, Purpose purpose, String reason, BackendHandle handle) {
    super(name, purpose, reason, handle);
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
    if (b != null && b.type() == ElementType.BF16 && !transA) {
      check(
          SottoNative.sotto_gemm_bf16(
              handle(),
              flag(transB),
              m,
              n,
              k,
              alpha,
              f(a, span(m, k, lda)),
              lda,
              bf16(b, transB ? span(n, k, ldb) : span(k, n, ldb)),
              ldb,
              beta,
              f(c, span(m, n, ldc)),
              ldc,
              f(bias, bias == null ? 0 : n)));
      return;
    }
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
  public void squaredNorm(long count, DeviceBuffer x, DeviceBuffer squaredNorm) {
    check(SottoNative.sotto_squared_norm(handle(), count, f(x, count), d(squaredNorm, 1)));
  }
}
