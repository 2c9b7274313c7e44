package dev.sotto.bench;

import dev.sotto.compute.DrawnNoise;
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
 * Noise on the grid by every law, and noise with the optimizer's step: in one pass, in two, and
 * drawn, added and stepped with apart.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@OperationsPerInvocation(DeviceTime.CALLS)
@Fork(1)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
public class NoiseBenchmark {
  /** Gaussian noise on the sum: 12 bytes a parameter. */
  @Benchmark
  public void gaussian(NoiseState noise, DeviceTime time) {
    add(noise, time, DrawnNoise.GAUSSIAN);
  }

  /** Laplace noise: 12 bytes a parameter. */
  @Benchmark
  public void laplace(NoiseState noise, DeviceTime time) {
    add(noise, time, DrawnNoise.LAPLACE);
  }

  /** LMO noise: 12 bytes a parameter, and its table from the caches. */
  @Benchmark
  public void lmo(NoiseState noise, DeviceTime time) {
    add(noise, time, noise.lmo);
  }

  /** Gaussian noise and AdamW in one pass: 32 bytes a parameter. */
  @Benchmark
  public void noisyAdamW(NoiseState noise, DeviceTime time) {
    time.time(noise, 32.0 * noise.parameters, 0, () -> noise.noisyAdamW(DrawnNoise.GAUSSIAN));
  }

  /** Gaussian noise, then AdamW: 12 and 28 bytes a parameter. */
  @Benchmark
  public void noiseThenAdamW(NoiseState noise, DeviceTime time) {
    time.time(
        noise,
        40.0 * noise.parameters,
        0,
        () -> {
          noise.addNoise(DrawnNoise.GAUSSIAN);
          noise.adamW();
        });
  }

  /** The alternative: Gaussian noise into memory, added, then AdamW: 12, 12 and 28 bytes. */
  @Benchmark
  public void separatePasses(NoiseState noise, DeviceTime time) {
    time.time(
        noise,
        52.0 * noise.parameters,
        0,
        () -> {
          noise.drawThenAdd(DrawnNoise.GAUSSIAN);
          noise.adamW();
        });
  }

  private static void add(NoiseState noise, DeviceTime time, DrawnNoise law) {
    time.time(noise, 12.0 * noise.parameters, 0, () -> noise.addNoise(law));
  }
}
