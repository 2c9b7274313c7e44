package dev.sotto.gradient;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.LoraShape;
import dev.sotto.compute.PrivateKernels.PairFactors;
import dev.sotto.compute.PrivateKernels.Units;
import dev.sotto.compute.Rows;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** B's gradients where A is frozen are those of the whole pair, and nothing is left of A's. */
class FrozenATest {
  private static final int UNITS = 4;
  private static final int ROWS = 14;
  private static final double QUANTUM = 0x1p-30;

  @ParameterizedTest
  @CsvSource({"cpu,37,50,3", "cpu,64,130,8", "cpu,20,33,13", "cpu-reference,37,50,3"})
  void theGradientsOfBAreThoseOfTheWholePairToTheBit(String name, int in, int out, int rank) {
    LoraShape shape = new LoraShape(in, out, rank, 2f);
    Random random = new Random(1);
    int stride = out + 5; // as in a fused projection
    try (Backend backend = Backends.open(name, 2);
        DeviceBuffer start = backend.allocate(ElementType.I32, UNITS + 1);
        DeviceBuffer x = floats(backend, random, ROWS * in);
        DeviceBuffer u = floats(backend, random, ROWS * rank);
        DeviceBuffer dy = floats(backend, random, ROWS * stride);
        DeviceBuffer du = floats(backend, random, ROWS * rank);
        DeviceBuffer factor = backend.allocate(ElementType.F32, UNITS)) {
      start.upload(new int[] {0, 5, 5, 6, ROWS}, UNITS + 1);
      factor.upload(new float[] {0.5f, 1, 0.25f, 0.75f});
      Units units = new Units(UNITS, start, ROWS);
      Rows dyRows = new Rows(dy, stride);
      Factors whole = new Factors.LowRank(new PairFactors(shape, units, x, u, dyRows, du));
      Factors ofB = new Factors.FrozenA(shape, units, u, dyRows);
      assertEquals(rank * out, ofB.parameters());
      ofB.requireOf(new ParameterLayout(rank * out), 0, UNITS);
      assertThrows(
          IllegalArgumentException.class,
          () -> ofB.requireOf(new ParameterLayout(shape.parameters()), 0, UNITS));

      float[][] ofWhole = gradients(backend, whole);
      float[][] gradients = gradients(backend, ofB);
      double[] norms = norms(backend, ofB);
      for (int s = 0; s < UNITS; s++) {
        float[] expected = Arrays.copyOfRange(ofWhole[s], rank * in, rank * (in + out));
        assertArrayEquals(expected, gradients[s], "unit " + s);
        double squares = 0;
        for (float g : expected) {
          squares += (double) g * g;
        }
        assertEquals(squares, norms[s], 1e-12 * squares, "unit " + s);
      }
      assertTrue(norms[0] > 0 && norms[1] == 0);
      double[] sumOfWhole = sum(backend, whole, factor);
      assertArrayEquals(
          Arrays.copyOfRange(sumOfWhole, rank * in, rank * (in + out)), sum(backend, ofB, factor));
    }
  }

  private static float[][] gradients(Backend backend, Factors factors) {
    int d = (int) factors.parameters();
    float[][] gradients = new float[UNITS][];
    try (DeviceBuffer buffer = backend.allocate(ElementType.F32, (long) UNITS * d);
        DeviceBuffer norms = backend.allocate(ElementType.F64, UNITS)) {
      new UnitGradients(backend).form(factors, false, new Rows(buffer, d), norms);
      float[] all = buffer.downloadFloats(UNITS * d);
      for (int s = 0; s < UNITS; s++) {
        gradients[s] = Arrays.copyOfRange(all, s * d, (s + 1) * d);
      }
    }
    return gradients;
  }

  private static double[] norms(Backend backend, Factors factors) {
    try (DeviceBuffer norms = backend.allocate(ElementType.F64, UNITS)) {
      new UnitGradients(backend).norms(factors, norms);
      return norms.downloadDoubles(UNITS);
    }
  }

  private static double[] sum(Backend backend, Factors factors, DeviceBuffer factor) {
    int d = (int) factors.parameters();
    try (DeviceBuffer sum = backend.allocate(ElementType.F64, d)) {
      sum.zero();
      new UnitGradients(backend).clipAndSum(factors, factor, QUANTUM, sum);
      return sum.downloadDoubles(d);
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
