package dev.sotto.compute;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.compute.DenseAlgebra.Product;
import dev.sotto.compute.TransformerKernels.EmbeddingArguments;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Buffers and the slices of them: where values land, who owns memory, and what is refused. */
class DeviceBufferTest {
  private final Backend backend = Backends.open("cpu", 1);

  @AfterEach
  void close() {
    backend.close();
  }

  @Test
  void memoryIsZeroedAndRoundTrips() {
    try (DeviceBuffer floats = backend.allocate(ElementType.F32, 9);
        DeviceBuffer doubles = backend.allocate(ElementType.F64, 9)) {
      assertArrayEquals(new float[9], floats.downloadFloats(9));
      assertArrayEquals(new double[9], doubles.downloadDoubles(9));
      float[] f = {1, -2.5f, Float.MIN_VALUE, Float.NaN};
      double[] d = {1e300, -0.1, Double.NEGATIVE_INFINITY};
      floats.upload(f);
      doubles.upload(d, d.length);
      assertArrayEquals(Arrays.copyOf(f, 9), floats.downloadFloats(9));
      assertArrayEquals(Arrays.copyOf(d, 9), doubles.downloadDoubles(9));
      floats.zero();
      assertArrayEquals(new float[9], floats.downloadFloats(9));
    }
  }

  /**
   * A slice, and a slice of a slice, are the elements they say, for copies and for kernels alike.
   */
  @Test
  void slicesMeanTheElementsTheyName() {
    float[] values = new float[40];
    double[] wide = new double[40];
    for (int i = 0; i < 40; i++) {
      values[i] = i;
      wide[i] = i + 0.5;
    }
    try (DeviceBuffer floats = backend.allocate(ElementType.F32, 40);
        DeviceBuffer doubles = backend.allocate(ElementType.F64, 40);
        DeviceBuffer out = backend.allocate(ElementType.F32, 40)) {
      floats.upload(values);
      doubles.upload(wide, 40);
      DeviceBuffer slice = floats.slice(10, 20).slice(3, 5);
      assertArrayEquals(new float[] {13, 14, 15, 16, 17}, slice.downloadFloats(5));
      assertArrayEquals(
          new double[] {13.5, 14.5}, doubles.slice(10, 20).slice(3, 5).downloadDoubles(2));
      slice.upload(new float[] {-1, -2});
      doubles.slice(7, 3).slice(1, 2).upload(new double[] {-3}, 1);
      values[13] = -1;
      values[14] = -2;
      wide[8] = -3;
      assertArrayEquals(values, floats.downloadFloats(40));
      assertArrayEquals(wide, doubles.downloadDoubles(40));
      backend.dense().add(5, slice, slice, out.slice(30, 5));
      float[] sum = new float[40];
      for (int i = 0; i < 5; i++) {
        sum[30 + i] = 2 * values[13 + i];
      }
      assertArrayEquals(sum, out.downloadFloats(40));
      floats.slice(20, 4).zero();
      Arrays.fill(values, 20, 24, 0);
      assertArrayEquals(values, floats.downloadFloats(40));
    }
  }

  @Test
  void integerSlicesReachTheKernels() {
    try (DeviceBuffer ids = backend.allocate(ElementType.I32, 4);
        DeviceBuffer table = backend.allocate(ElementType.F32, 6);
        DeviceBuffer out = backend.allocate(ElementType.F32, 4)) {
      table.upload(new float[] {0, 1, 10, 11, 20, 21});
      ids.slice(2, 2).upload(new int[] {2, 1}, 2);
      EmbeddingArguments rows = new EmbeddingArguments(2, 2, 3, 0, 1, ids.slice(2, 2), null);
      backend.transformer().embeddingForward(rows, table, null, out);
      assertArrayEquals(new float[] {20, 21, 10, 11}, out.downloadFloats(4));
    }
  }

  @Test
  void mappedWeightsAreUsedWhereTheyLie() {
    ByteBuffer data = ByteBuffer.allocateDirect(16).order(ByteOrder.LITTLE_ENDIAN);
    data.putFloat(1).putFloat(2).putFloat(3).putFloat(Float.NaN).flip();
    long bytes = backend.liveBytes();
    try (DeviceBuffer weights = backend.weights(StorageType.F32, data)) {
      assertEquals(bytes, backend.liveBytes());
      assertArrayEquals(new float[] {2, 3}, weights.slice(1, 2).downloadFloats(2));
      assertEquals(1, backend.dense().countNonFinite(weights));
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> backend.weights(StorageType.F32, ByteBuffer.allocate(16)));
  }

  @Test
  void matricesInBf16AreReadByProductsOnly() {
    ByteBuffer data = ByteBuffer.allocateDirect(8).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : new float[] {1, -2, 0.5f, 3}) {
      data.putShort((short) (Float.floatToRawIntBits(value) >>> 16));
    }
    data.flip();
    long bytes = backend.liveBytes();
    try (DeviceBuffer mapped = backend.bf16Weights(data)) {
      assertEquals(bytes, backend.liveBytes());
      try (DeviceBuffer copied = backend.allocate(ElementType.BF16, 6);
          DeviceBuffer x = backend.allocate(ElementType.F32, 2);
          DeviceBuffer out = backend.allocate(ElementType.F32, 2)) {
        short[] bits = new short[4];
        data.asShortBuffer().get(bits);
        copied.slice(2, 4).upload(bits, 4);
        x.upload(new float[] {10, 100});
        for (DeviceBuffer w : new DeviceBuffer[] {mapped, copied.slice(2, 4)}) {
          out.zero();
          Rows row = new Rows(x, 2);
          Rows matrix = new Rows(w, 2);
          Rows result = new Rows(out, 2);
          backend.dense().gemm(Product.of(1, 2, 2), row, matrix, result);
          assertArrayEquals(new float[] {60, 280}, out.downloadFloats(2));
          backend.dense().gemm(Product.byTransposed(1, 2, 2), row, matrix, result);
          assertArrayEquals(new float[] {-190, 305}, out.downloadFloats(2));
          assertThrows(
              IllegalArgumentException.class,
              () -> backend.dense().gemm(Product.ofTransposed(2, 2, 1), row, matrix, result));
          assertThrows(IllegalArgumentException.class, () -> backend.dense().add(2, w, x, out));
          assertThrows(IllegalArgumentException.class, () -> w.downloadFloats(1));
        }
        assertThrows(IllegalArgumentException.class, () -> x.upload(bits, 1));
      }
    }
    assertThrows(
        IllegalArgumentException.class, () -> backend.bf16Weights(ByteBuffer.allocate(16)));
  }

  @Test
  void memoryIsCountedAndGivenBack() {
    long allocations = backend.allocations();
    long bytes = backend.liveBytes();
    DeviceBuffer buffer = backend.allocate(ElementType.F64, 1000);
    assertEquals(allocations + 1, backend.allocations());
    assertTrue(backend.liveBytes() >= bytes + 8000);
    buffer.close();
    buffer.close();
    assertEquals(bytes, backend.liveBytes());
  }

  @Test
  void refusesWhatDoesNotFit() {
    try (DeviceBuffer buffer = backend.allocate(ElementType.F32, 4);
        DeviceBuffer doubles = backend.allocate(ElementType.F64, 4)) {
      assertThrows(IllegalArgumentException.class, () -> buffer.upload(new float[5]));
      assertThrows(IllegalArgumentException.class, () -> buffer.upload(new double[1], 1));
      assertThrows(IllegalArgumentException.class, () -> buffer.upload(new int[1], 1));
      assertThrows(IllegalArgumentException.class, () -> buffer.downloadFloats(5));
      assertThrows(IllegalArgumentException.class, () -> buffer.downloadDoubles(1));
      for (long[] range : new long[][] {{-1, 2}, {0, 5}, {3, 2}, {0, -1}, {Long.MAX_VALUE, 1}}) {
        assertThrows(IllegalArgumentException.class, () -> buffer.slice(range[0], range[1]));
      }
      assertThrows(
          IllegalArgumentException.class, () -> backend.dense().add(5, buffer, buffer, buffer));
      assertThrows(
          IllegalArgumentException.class, () -> backend.dense().add(4, buffer, buffer, doubles));
      assertThrows(IllegalArgumentException.class, () -> backend.allocate(ElementType.F32, -1));
    }
  }

  @Test
  void refusesWhatIsOfAnotherBackend() {
    try (Backend other = Backends.open("cpu-reference", 1);
        DeviceBuffer own = backend.allocate(ElementType.F32, 4);
        DeviceBuffer foreign = other.allocate(ElementType.F32, 4)) {
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class, () -> backend.dense().add(4, own, foreign, own));
      assertTrue(e.getMessage().contains("another backend"), e.getMessage());
      assertTrue(e.getMessage().contains("(cpu)"), e.getMessage());
      DeviceBuffer part = foreign.slice(1, 2);
      assertThrows(IllegalArgumentException.class, () -> backend.dense().add(2, own, own, part));
      other.dense().add(4, foreign, foreign, foreign);
    }
  }

  @Test
  void refusesWhatWasClosed() {
    DeviceBuffer buffer = backend.allocate(ElementType.F32, 4);
    DeviceBuffer slice = buffer.slice(1, 2);
    buffer.close();
    assertThrows(IllegalArgumentException.class, () -> buffer.downloadFloats(1));
    assertThrows(IllegalArgumentException.class, () -> slice.downloadFloats(1));
    assertThrows(IllegalArgumentException.class, () -> backend.dense().add(1, slice, slice, slice));
    Backend closed = Backends.open("cpu-reference", 1);
    closed.close();
    closed.close();
    assertThrows(IllegalArgumentException.class, closed::describe);
  }
}
