package dev.sotto.compute;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sotto.compute.PrivateKernels.PairFactors;
import dev.sotto.compute.PrivateKernels.Units;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clipping and summing a pair without its gradients, against storing them first. */
class ClipAndSumPairTest {
  private static final LoraShape SHAPE = new LoraShape(37, 50, 3, 2f);
  private static final int UNITS = 4;
  private static final int ROWS = 14;
  private static final double QUANTUM = 0x1p-30;

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "cpu-reference"})
  void hasTheBitsOfStoredGradients(String name) {
    Random random = new Random(1);
    int d = (int) SHAPE.parameters();
    try (Backend backend = Backends.open(name, 2);
        DeviceBuffer start = backend.allocate(ElementType.I32, UNITS + 1);
        DeviceBuffer x = floats(backend, random, ROWS * SHAPE.inChannels());
        DeviceBuffer u = floats(backend, random, ROWS * SHAPE.rank());
        DeviceBuffer dy = floats(backend, random, ROWS * SHAPE.outChannels());
        DeviceBuffer du = floats(backend, random, ROWS * SHAPE.rank());
        DeviceBuffer gradients = backend.allocate(ElementType.F32, UNITS * SHAPE.parameters());
        DeviceBuffer norms = backend.allocate(ElementType.F64, UNITS);
        DeviceBuffer factor = backend.allocate(ElementType.F32, UNITS);
        DeviceBuffer stored = backend.allocate(ElementType.F64, d);
        DeviceBuffer direct = backend.allocate(ElementType.F64, d)) {
      start.upload(new int[] {0, 5, 5, 6, ROWS}, UNITS + 1);
      PrivateKernels kernels = backend.privatePath();
      Rows dyRows = new Rows(dy, SHAPE.outChannels());
      PairFactors pair = new PairFactors(SHAPE, new Units(UNITS, start, ROWS), x, u, dyRows, du);
      kernels.perSampleNorm(pair, false, new Rows(gradients, d), norms);
      kernels.clipFactor(UNITS, 1, norms, new double[] {0.5}, 0, factor);
      kernels.clippedSum(UNITS, d, new Rows(gradients, d), factor, QUANTUM, stored);
      kernels.clipAndSumPair(pair, factor, QUANTUM, direct);
      double[] sums = direct.downloadDoubles(d);
      assertArrayEquals(stored.downloadDoubles(d), sums);
      assertNotEquals(0, sums[0]);
      Units oneMore = new Units(UNITS, start, ROWS + 1);
      PairFactors beyond = new PairFactors(SHAPE, oneMore, x, u, dyRows, du);
      assertThrows(
          IllegalArgumentException.class,
          () -> kernels.clipAndSumPair(beyond, factor, QUANTUM, direct));
    }
  }

  private static DeviceBuffer floats(Backend backend, Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    DeviceBuffer buffer = backend.allocate(ElementType.F32, count);
    buffer.upload(values);
    return buffer;
  }
}
