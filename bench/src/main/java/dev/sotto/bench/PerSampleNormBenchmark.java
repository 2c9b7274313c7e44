package dev.sotto.bench;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Per-sample gradient norms of one LoRA pair, against forming the gradients by a product each and
 * reading them again for their norms.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@OperationsPerInvocation(DeviceTime.CALLS)
@Fork(1)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
public class PerSampleNormBenchmark {
  /** Norms alone: nothing of the size of a gradient is written. */
  @Benchmark
  public void perSampleNorm(PairState pair, DeviceTime time) {
    time.time(pair, pair.rowBytes(), pair.flops(), pair::norms);
  }

  /** Norms, and the gradients stored. */
  @Benchmark
  public void perSampleNormStored(PairState pair, DeviceTime time) {
    time.time(pair, pair.rowBytes() + pair.gradientBytes(), pair.flops(), pair::normsStored);
  }

  /** The alternative: two products a unit, then a pass for the norms. */
  @Benchmark
  public void productsThenNorm(PairState pair, DeviceTime time) {
    time.time(
        pair,
        pair.rowBytes() + 2 * pair.gradientBytes(),
        pair.flops(),
        () -> {
          pair.products();
          pair.separateNorm();
        });
  }
}
