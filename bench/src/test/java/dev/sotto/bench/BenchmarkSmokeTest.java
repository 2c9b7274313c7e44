package dev.sotto.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.compute.DrawnNoise;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openjdk.jmh.annotations.Benchmark;

/**
 * Every benchmark of the private path once, at a small shape, on the CPU and on the emulated CUDA
 * kernels; and that the alternatives compute what the kernels compute.
 */
class BenchmarkSmokeTest {
  private static final List<Object> BENCHMARKS =
      List.of(
          new PerSampleNormBenchmark(),
          new ClipAndSumBenchmark(),
          new ClippedSumBenchmark(),
          new NoiseBenchmark());

  @AfterEach
  void forgetTheEmulation() {
    System.clearProperty("sotto.cuda");
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "cuda"})
  void everyBenchmarkRuns(String backend) throws Exception {
    prepare(backend);
    int ran = 0;
    for (Object benchmark : BENCHMARKS) {
      for (Method method : benchmark.getClass().getDeclaredMethods()) {
        if (!method.isAnnotationPresent(Benchmark.class)) {
          continue;
        }
        DeviceState state =
            (DeviceState) method.getParameterTypes()[0].getDeclaredConstructor().newInstance();
        DeviceTime time = new DeviceTime();
        opened(state, backend);
        try {
          method.invoke(benchmark, state, time);
        } finally {
          state.close();
        }
        assertTrue(time.deviceMicros() > 0, method + " took no time");
        assertTrue(time.rooflinePercent() > 0, method + " has no share of the roofline");
        assertTrue(time.rooflineCopy() > 0 && time.rooflineGemm() > 0, method + ": no roofline");
        ran++;
      }
    }
    assertEquals(16, ran);
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "cuda"})
  void separatePassesGiveTheClippedSum(String backend) {
    prepare(backend);
    PairState pair = new PairState();
    opened(pair, backend);
    try {
      pair.normsStored();
      pair.clipFactors();
      pair.clippedSum();
      double[] expected = pair.sum.downloadDoubles((int) pair.sum.length());
      pair.sum.zero();
      pair.norms();
      pair.clipAndSumPair();
      assertEquals(
          Arrays.toString(expected),
          Arrays.toString(pair.sum.downloadDoubles(expected.length)),
          "without storing");
      for (Runnable gradients : List.<Runnable>of(pair::normsStored, pair::products)) {
        gradients.run();
        pair.separateNorm();
        pair.passes.scaleByFactors();
        gradients.run();
        pair.separatePasses();
        float[] sum = pair.passes.sum.downloadFloats(expected.length);
        for (int i = 0; i < sum.length; i++) {
          assertEquals(expected[i], sum[i], 1e-5, "at " + i);
        }
      }
      assertTrue(pair.passes.factor.downloadFloats(1)[0] < 0.6f, "the first unit was clipped");
    } finally {
      pair.close();
    }
  }

  /** One pass or three: the same weights after a step, and other than before. */
  @ParameterizedTest
  @ValueSource(strings = {"cpu", "cuda"})
  void separatePassesTakeTheNoisyStep(String backend) {
    prepare(backend);
    float[][] weights = new float[2][];
    for (int way = 0; way < 2; way++) {
      NoiseState noise = new NoiseState();
      opened(noise, backend);
      try {
        if (way == 0) {
          noise.noisyAdamW(DrawnNoise.GAUSSIAN);
        } else {
          noise.drawThenAdd(DrawnNoise.GAUSSIAN);
          noise.step = 0; // the fused form counts its update before it draws
          noise.adamW();
        }
        weights[way] = noise.weights.downloadFloats(noise.parameters);
      } finally {
        noise.close();
      }
    }
    assertNotEquals(0f, weights[0][0]);
    for (int i = 0; i < weights[0].length; i++) {
      assertEquals(weights[0][i], weights[1][i], 1e-6f, "weight " + i);
    }
  }

  @Test
  void aMissingBackendIsOneLine() throws Exception {
    assertNull(Benchmarks.missing(new String[] {"-p", "backend=cpu", "Noise"}));
    assertNull(Benchmarks.missing(new String[] {"Accountant"}));
    System.setProperty("sotto.cuda", "/no/such/library.so");
    String line = Benchmarks.missing(new String[] {"-p", "backend=cpu,cuda"});
    assertTrue(line.contains("backend=cuda") && line.contains("/no/such/library.so"), line);
    assertEquals(1, line.lines().count(), line);
  }

  @Test
  void theRooflineIsMeasured() {
    prepare("cuda"); // the slowest, and so the quickest to be long enough
    try (Backend backend = Backends.open("cuda", 1)) {
      Roofline roofline = Roofline.measure(backend);
      assertTrue(roofline.bytesPerSecond() > 0 && roofline.flopsPerSecond() > 0, "" + roofline);
    }
    Roofline roofline = new Roofline(100, 1000);
    assertEquals(0.5, roofline.share(100, 999, 2), 1e-12, "bound by bytes");
    assertEquals(0.75, roofline.share(100, 1500, 2), 1e-12, "bound by FLOPs");
  }

  private static void opened(DeviceState state, String backend) {
    state.backend = backend;
    state.roofline = new Roofline(1e9, 1e9);
    state.open();
  }

  /** The CUDA kernels on the host, where the native tests have built them. */
  private static void prepare(String backend) {
    if (!backend.equals("cuda")) {
      return;
    }
    String library = System.getProperty("sotto.cuda.emulated", "absent");
    Assumptions.assumeTrue(
        Files.exists(Path.of(library)), "the emulation was not built: " + library);
    System.setProperty("sotto.cuda", library);
    try (Backend cuda = Backends.open("cuda", 1)) {
      assertTrue(cuda.describe().contains("emulat"), cuda.describe());
    }
  }
}
