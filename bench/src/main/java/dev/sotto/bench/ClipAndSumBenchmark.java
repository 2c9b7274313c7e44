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
 * From what backpropagation leaves of one LoRA pair to the clipped sum of its per-sample gradients,
 * by Sotto's two ways and by separate passes.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@OperationsPerInvocation(DeviceTime.CALLS)
@Fork(1)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
public class ClipAndSumBenchmark {
  /** Norms with gradients stored, clip factors, one streaming pass over the gradients. */
  @Benchmark
  public void stored(PairState pair, DeviceTime time) {
    time.time(
        pair,
        pair.rowBytes() + 2 * pair.gradientBytes() + pair.sumBytes(),
        pair.flops(),
        () -> {
          pair.normsStored();
          pair.clipFactors();
          pair.clippedSum();
        });
  }

  /** Norms alone, clip factors, and the gradients formed again into the sum: none is stored. */
  @Benchmark
  public void notStored(PairState pair, DeviceTime time) {
    time.time(
        pair,
        2 * pair.rowBytes() + pair.sumBytes(),
        2 * pair.flops(),
        () -> {
          pair.norms();
          pair.clipFactors();
          pair.clipAndSumPair();
        });
  }

  /** The second half of {@link #notStored} alone. */
  @Benchmark
  public void clipAndSumPair(PairState pair, DeviceTime time) {
    time.time(pair, pair.rowBytes() + pair.sumBytes(), pair.flops(), pair::clipAndSumPair);
  }

  /** The alternative: two products a unit, then norm, scale and sum as passes of their own. */
  @Benchmark
  public void separateFromProducts(PairState pair, DeviceTime time) {
    time.time(
        pair,
        pair.rowBytes() + 5 * pair.gradientBytes(),
        pair.flops(),
        () -> {
          pair.products();
          pair.separatePasses();
        });
  }

  /** The same passes behind Sotto's own kernel that stores the gradients. */
  @Benchmark
  public void separateFromKernel(PairState pair, DeviceTime time) {
    time.time(
        pair,
        pair.rowBytes() + 5 * pair.gradientBytes(),
        pair.flops(),
        () -> {
          pair.normsStored();
          pair.separatePasses();
        });
  }
}
