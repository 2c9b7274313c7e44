package dev.sotto.compute;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * With the BLAS that really runs: a row of a product has the same bits whatever other rows are in
 * the batch and wherever it stands. The sensitivity of a clipped sum rests on this, since a
 * record's gradient must not depend on who else was drawn.
 */
class GemmRowsTest {
  private static final int N = 320;
  private static final int K = 288;
  private static final int MOST = 500;

  @Test
  void theBlasOfThePresetIsInUse() {
    try (Backend backend = Backends.open("cpu", 2)) {
      assertTrue(backend.describe().contains("OpenBLAS"), backend.describe());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void rowsDoNotDependOnTheBatch(boolean transB) {
    Random random = new Random(1);
    float[] a = floats(random, MOST * K);
    float[] b = floats(random, N * K);
    try (Backend backend = Backends.open("cpu", 2)) {
      float[] whole = product(backend, transB, a, b, 0, MOST);
      for (int rows : new int[] {1, 2, 7, 15, 16, 17, 31, 48, 191, 192, 193, 384, 499}) {
        for (int from : new int[] {0, 1, MOST - rows}) {
          float[] part = product(backend, transB, a, b, from, rows);
          float[] expected = Arrays.copyOfRange(whole, from * N, (from + rows) * N);
          assertArrayEquals(expected, part, rows + " rows from " + from);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void weightsInBf16GiveTheBitsOfRoundedRowsAndWidenedWeights(boolean transB) {
    Random random = new Random(2);
    float[] a = floats(random, MOST * K);
    short[] narrow = new short[N * K];
    float[] wide = new float[N * K];
    for (int i = 0; i < wide.length; i++) {
      narrow[i] = (short) (Float.floatToRawIntBits((float) random.nextGaussian()) >>> 16);
      wide[i] = Float.intBitsToFloat(narrow[i] << 16);
    }
    float[] rounded = a.clone();
    for (int i = 0; i < a.length; i++) {
      double unit = Math.scalb(1.0, Math.getExponent(a[i]) - 7);
      rounded[i] = (float) (Math.rint(a[i] / unit) * unit);
    }
    try (Backend backend = Backends.open("cpu", 2);
        DeviceBuffer w = backend.allocate(ElementType.BF16, narrow.length)) {
      w.upload(narrow, narrow.length);
      for (int rows : new int[] {1, 15, 16, 49, 192, MOST}) {
        float[] expected = product(backend, transB, rounded, wide, 0, rows);
        assertArrayEquals(expected, product(backend, transB, a, w, 0, rows), rows + " rows");
      }
    }
  }

  private static float[] product(
      Backend backend, boolean transB, float[] a, float[] b, int from, int rows) {
    try (DeviceBuffer w = backend.allocate(ElementType.F32, b.length)) {
      w.upload(b);
      return product(backend, transB, a, w, from, rows);
    }
  }

  private static float[] product(
      Backend backend, boolean transB, float[] a, DeviceBuffer w, int from, int rows) {
    try (DeviceBuffer x = backend.allocate(ElementType.F32, (long) rows * K);
        DeviceBuffer y = backend.allocate(ElementType.F32, (long) rows * N)) {
      x.upload(Arrays.copyOfRange(a, from * K, (from + rows) * K));
      backend.gemm(false, transB, rows, N, K, 1f, x, K, w, transB ? K : N, 0f, y, N, null);
      return y.downloadFloats(rows * N);
    }
  }

  private static float[] floats(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
