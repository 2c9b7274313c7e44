package dev.sotto.compute.jni;

import static dev.sotto.compute.jni.Status.check;

import dev.sotto.compute.DenseAlgebra;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.Rows;
import org.bytedeco.javacpp.LongPointer;

/** The operations of dense algebra, one native call each. */
final class NativeDense implements DenseAlgebra {
  private final NativeMemory memory;

  NativeDense(NativeMemory memory) {
    this.memory = memory;
  }

  @Override
  public long countNonFinite(DeviceBuffer buffer) {
    DeviceBuffer x = values(buffer);
    LongPointer found = new LongPointer(memory.staging(Long.BYTES));
    check(
        SottoNative.sotto_count_nonfinite(
            memory.handle(),
            new sotto_count_nonfinite_request(memory.request())
                .count(x.length())
                .x(memory.floats(x, x.length()))
                .found(found)));
    return found.get();
  }

  @Override
  public void gemm(
      Product product, float alpha, Rows a, Rows weights, float beta, Rows c, DeviceBuffer bias) {
    Rows b = weights.data() == null ? weights : new Rows(values(weights.data()), weights.stride());
    boolean transA = product.transA();
    boolean transB = product.transB();
    long m = product.m();
    long n = product.n();
    long k = product.k();
    if (b.data() != null && b.data().type() == ElementType.BF16 && !transA) {
      check(
          SottoNative.sotto_gemm_bf16(
              memory.handle(),
              new sotto_gemm_bf16_request(memory.request())
                  .trans_b(transB ? 1 : 0)
                  .m(m)
                  .n(n)
                  .k(k)
                  .alpha(alpha)
                  .a(memory.floats(a, m, k))
                  .lda(a.stride())
                  .b(transB ? memory.bf16(b, n, k) : memory.bf16(b, k, n))
                  .ldb(b.stride())
                  .beta(beta)
                  .c(memory.floats(c, m, n))
                  .ldc(c.stride())
                  .bias(memory.floats(bias, n))));
      return;
    }
    check(
        SottoNative.sotto_gemm(
            memory.handle(),
            new sotto_gemm_request(memory.request())
                .trans_a(transA ? 1 : 0)
                .trans_b(transB ? 1 : 0)
                .m(m)
                .n(n)
                .k(k)
                .alpha(alpha)
                .a(transA ? memory.floats(a, k, m) : memory.floats(a, m, k))
                .lda(a.stride())
                .b(transB ? memory.floats(b, n, k) : memory.floats(b, k, n))
                .ldb(b.stride())
                .beta(beta)
                .c(memory.floats(c, m, n))
                .ldc(c.stride())
                .bias(memory.floats(bias, n))));
  }

  /** The buffer itself, or what its blocks stand for, until the next are unpacked. */
  private DeviceBuffer values(DeviceBuffer buffer) {
    return buffer instanceof QuantisedBuffer blocks ? blocks.unpacked(memory) : buffer;
  }

  @Override
  public void add(long count, DeviceBuffer a, DeviceBuffer b, DeviceBuffer out) {
    check(
        SottoNative.sotto_add(
            memory.handle(),
            new sotto_add_request(memory.request())
                .count(count)
                .a(memory.floats(a, count))
                .b(memory.floats(b, count))
                .out(memory.floats(out, count))));
  }

  @Override
  public void columnSum(long rows, long channels, Rows x, DeviceBuffer sum) {
    check(
        SottoNative.sotto_column_sum(
            memory.handle(),
            new sotto_column_sum_request(memory.request())
                .rows(rows)
                .channels(channels)
                .x(memory.floats(x, rows, channels))
                .ldx(x.stride())
                .sum(memory.floats(sum, channels))));
  }

  @Override
  public void squaredNorm(long count, DeviceBuffer x, DeviceBuffer squaredNorm) {
    check(
        SottoNative.sotto_squared_norm(
            memory.handle(),
            new sotto_squared_norm_request(memory.request())
                .count(count)
                .x(memory.floats(x, count))
                .out(memory.doubles(squaredNorm, 1))));
  }
}
