package dev.sotto.bench;

import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.Rows;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The clipped sum of stored gradients of a whole adapter, beyond the caches: one streaming pass,
 * against scaling and summing apart.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@OperationsPerInvocation(DeviceTime.CALLS)
@Fork(1)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
public class ClippedSumBenchmark {
  /** Stored gradients [U, P] and their factors. */
  @State(Scope.Benchmark)
  public static class Stored extends DeviceState {
    /** P: LoRA of rank 8 on every projection of GPT-2 small; 19988480 of Llama 7B. */
    @Param("1179648")
    public int parameters = 1024;

    /** Privacy units. */
    @Param("8")
    public int units = 3;

    private DeviceBuffer gradients;
    private DeviceBuffer factor;
    private DeviceBuffer sum;
    private SeparatePasses passes;

    @Override
    void fill() {
      gradients = floats((long) units * parameters);
      float[] factors = new float[units];
      Arrays.fill(factors, 0.5f);
      factor = upload(factors);
      sum = zeros(ElementType.F64, parameters);
      passes = new SeparatePasses(this, units, parameters);
    }

    private double bytes() {
      return 4.0 * units * parameters;
    }

    private double flops() {
      return 2.0 * units * parameters;
    }
  }

  /** One pass: 4·U·P + 16·P bytes. */
  @Benchmark
  public void clippedSum(Stored stored, DeviceTime time) {
    int p = stored.parameters;
    time.time(
        stored,
        stored.bytes() + 16.0 * p,
        stored.flops(),
        () ->
            stored
                .device
                .privatePath()
                .clippedSum(
                    stored.units,
                    p,
                    new Rows(stored.gradients, p),
                    stored.factor,
                    0x1p-30,
                    stored.sum));
  }

  /** The alternative: scale in place, then sum, 12·U·P + 8·P bytes. */
  @Benchmark
  public void scaleThenSum(Stored stored, DeviceTime time) {
    time.time(
        stored,
        3 * stored.bytes() + 8.0 * stored.parameters,
        stored.flops(),
        () -> {
          stored.passes.scale(stored.gradients);
          stored.passes.addUp(stored.gradients);
        });
  }
}
