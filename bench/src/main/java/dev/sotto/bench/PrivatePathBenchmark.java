package dev.sotto.bench;

import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.LoraShape;
import dev.sotto.compute.NoiseLaw;
import dev.sotto.compute.WeightUpdate;
import dev.sotto.noise.LmoNoise;
import dev.sotto.noise.QuantileTable;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The kernels between gradient and update, on one adapted projection of 768 to 768 channels at rank
 * 8, 16 units of 128 tokens; noise on a million parameters. The alternative to the fused norm is to
 * store the gradients and read them again.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
public class PrivatePathBenchmark {
  private static final int UNITS = 16;
  private static final int LENGTH = 128;
  private static final int ROWS = UNITS * LENGTH;
  private static final int NOISE = 1 << 20;

  /** Beyond the second-level caches. */
  private static final int STREAM = 1 << 23;

  private static final LoraShape SHAPE = new LoraShape(768, 768, 8, 2f);
  private static final LmoNoise MIXED =
      new LmoNoise(
          new LmoNoise.Gamma(0.1, 1, 0.5),
          new LmoNoise.Exponential(0.1, 5),
          new LmoNoise.Uniform(0.1, 1, 2),
          LmoNoise.TruncatedNormal.none());

  /** Worker threads. */
  @Param({"1", "2"})
  public int threads;

  private final byte[] key = new byte[32];
  private Backend backend;
  private DeviceBuffer start;
  private DeviceBuffer x;
  private DeviceBuffer u;
  private DeviceBuffer dy;
  private DeviceBuffer du;
  private DeviceBuffer gradients;
  private DeviceBuffer norms;
  private DeviceBuffer factor;
  private DeviceBuffer sum;
  private DeviceBuffer bigSum;
  private DeviceBuffer noisy;
  private DeviceBuffer quantiles;
  private DeviceBuffer stream;
  private DeviceBuffer weights;
  private DeviceBuffer firstMoment;
  private DeviceBuffer secondMoment;
  private NoiseLaw lmo;
  private long step;

  /** Fills the inputs. */
  @Setup(Level.Trial)
  public void open() {
    backend = Backends.open("cpu", threads);
    int[] starts = new int[UNITS + 1];
    for (int s = 0; s <= UNITS; s++) {
      starts[s] = s * LENGTH;
    }
    start = backend.allocate(ElementType.I32, starts.length);
    start.upload(starts, starts.length);
    Random random = new Random(1);
    x = normal(random, ROWS * SHAPE.inChannels());
    u = normal(random, ROWS * SHAPE.rank());
    dy = normal(random, ROWS * SHAPE.outChannels());
    du = normal(random, ROWS * SHAPE.rank());
    gradients = backend.allocate(ElementType.F32, UNITS * SHAPE.parameters());
    norms = backend.allocate(ElementType.F64, UNITS);
    factor = normal(random, UNITS);
    sum = backend.allocate(ElementType.F64, SHAPE.parameters());
    bigSum = backend.allocate(ElementType.F64, NOISE);
    noisy = backend.allocate(ElementType.F32, NOISE);
    weights = backend.allocate(ElementType.F32, NOISE);
    firstMoment = backend.allocate(ElementType.F32, NOISE);
    secondMoment = backend.allocate(ElementType.F32, NOISE);
    QuantileTable table = QuantileTable.of(MIXED);
    quantiles = backend.allocate(ElementType.F64, table.coefficients().length);
    quantiles.upload(table.coefficients(), table.coefficients().length);
    lmo = NoiseLaw.lmo(quantiles, table.largest());
    stream = backend.allocate(ElementType.F32, STREAM);
    perSampleNormStored();
  }

  private DeviceBuffer normal(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    DeviceBuffer buffer = backend.allocate(ElementType.F32, count);
    buffer.upload(values);
    return buffer;
  }

  /** Frees everything. */
  @TearDown(Level.Trial)
  public void close() {
    for (DeviceBuffer buffer :
        new DeviceBuffer[] {
          start,
          x,
          u,
          dy,
          du,
          gradients,
          norms,
          factor,
          sum,
          bigSum,
          noisy,
          weights,
          firstMoment,
          secondMoment,
          quantiles,
          stream
        }) {
      buffer.close();
    }
    backend.close();
  }

  /** Norms alone: 4·N·R·(Cin + Cout)/2 multiply-adds, nothing of the size of a gradient written. */
  @Benchmark
  public void perSampleNorm() {
    backend.perSampleNorm(
        SHAPE, UNITS, start, ROWS, x, u, dy, SHAPE.outChannels(), du, false, null, 0, norms);
  }

  /** Norms, and the gradients stored: 4·U·R·(Cin + Cout) bytes more. */
  @Benchmark
  public void perSampleNormStored() {
    backend.perSampleNorm(
        SHAPE,
        UNITS,
        start,
        ROWS,
        x,
        u,
        dy,
        SHAPE.outChannels(),
        du,
        false,
        gradients,
        SHAPE.parameters(),
        norms);
  }

  /** One streaming pass over the stored gradients: 4·U·P + 16·P bytes. */
  @Benchmark
  public void clippedSum() {
    backend.clippedSum(
        UNITS, SHAPE.parameters(), gradients, SHAPE.parameters(), factor, 0x1p-40, sum);
  }

  /** A clipped sum without gradients: 4·N·(Cin + Cout + 2R) + 16·P bytes. */
  @Benchmark
  public void clipAndSumPair() {
    backend.clipAndSumPair(
        SHAPE, UNITS, start, ROWS, x, u, dy, SHAPE.outChannels(), du, factor, 0x1p-40, sum);
  }

  /** What memory delivers: x + x in place, 8 bytes an element over 32 MiB. */
  @Benchmark
  public void memoryStream() {
    backend.add(STREAM, stream, stream, stream);
  }

  /** 2²⁰ Gaussian draws on the grid: 12 bytes a parameter. */
  @Benchmark
  public void addNoiseGaussian() {
    addNoise(NoiseLaw.GAUSSIAN);
  }

  /** 2²⁰ Laplace draws on the grid: 12 bytes a parameter. */
  @Benchmark
  public void addNoiseLaplace() {
    addNoise(NoiseLaw.LAPLACE);
  }

  /** 2²⁰ draws of a law with a table on the grid: 12 bytes a parameter and a row of 64. */
  @Benchmark
  public void addNoiseLmo() {
    addNoise(lmo);
  }

  /** Gaussian noise, then AdamW: 12 and 28 bytes a parameter. */
  @Benchmark
  public void noiseThenAdamW() {
    addNoise(NoiseLaw.GAUSSIAN);
    backend.step(adamw(), noisy);
  }

  /** Both in one pass: 32 bytes a parameter. */
  @Benchmark
  public void noisyAdamW() {
    backend.noisyStep(
        NoiseLaw.GAUSSIAN, 1.0, 0x1p-30, key, ++step, 0, 0, bigSum, 1.0, null, adamw());
  }

  private WeightUpdate adamw() {
    return new WeightUpdate.AdamW(
        1e-3f, 0.9f, 0.999f, 1e-8f, 0.01f, step + 1, firstMoment, secondMoment, weights);
  }

  private void addNoise(NoiseLaw law) {
    backend.addNoise(law, NOISE, 1.0, 0x1p-30, key, ++step, 0, 0, bigSum, 1.0, noisy);
  }
}
