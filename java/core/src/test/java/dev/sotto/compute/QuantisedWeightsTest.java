package dev.sotto.compute;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sotto.compute.DenseAlgebra.Product;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Products with quantised matrices, against products with what they stand for, to the bit. */
class QuantisedWeightsTest {
  private static final int ROWS = 7;
  private static final int OUT = 24;
  private static final int IN = 512;

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "cpu-reference", "cuda"})
  void productsAreThoseOfTheUnpackedMatrix(String name) {
    Path emulated = Path.of(System.getProperty("sotto.cuda.emulated", "absent"));
    if (name.equals("cuda")) {
      Assumptions.assumeTrue(Files.exists(emulated), "the emulation was not built: " + emulated);
      System.setProperty("sotto.cuda", emulated.toString());
    }
    try (Backend backend = Backends.open(name, 2)) {
      for (StorageType type : StorageType.values()) {
        if (type.blockLength() > 1) {
          compare(backend, type);
        }
      }
    } finally {
      System.clearProperty("sotto.cuda");
    }
  }

  private static void compare(Backend backend, StorageType type) {
    ByteBuffer blocks = blocks(type);
    try (DeviceBuffer kept = backend.quantisedWeights(type, blocks);
        DeviceBuffer other = backend.quantisedWeights(type, blocks(type));
        DeviceBuffer wide = backend.weights(type, blocks);
        DeviceBuffer x = backend.allocate(ElementType.F32, ROWS * IN);
        DeviceBuffer y = backend.allocate(ElementType.F32, ROWS * IN)) {
      assertEquals(OUT * IN, kept.length());
      assertArrayEquals(wide.downloadFloats(OUT * IN), kept.downloadFloats(OUT * IN));
      assertEquals(0, backend.dense().countNonFinite(kept));
      float[] values = new float[ROWS * IN];
      Random random = new Random(3);
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) random.nextGaussian();
      }
      x.upload(values);
      for (boolean forward : new boolean[] {true, false}) {
        int n = forward ? OUT : IN;
        int k = forward ? IN : OUT;
        float[] expected = product(backend, forward, x, wide, y, n, k);
        product(backend, forward, x, other, y, n, k); // what is left of it must not show
        assertArrayEquals(expected, product(backend, forward, x, kept, y, n, k), type.name());
      }
      assertThrows(IllegalArgumentException.class, kept::zero);
      assertThrows(IllegalArgumentException.class, () -> kept.slice(0, 32));
      DeviceBuffer closed = backend.quantisedWeights(type, blocks);
      closed.close();
      assertThrows(
          IllegalArgumentException.class, () -> product(backend, true, x, closed, y, OUT, IN));
    }
  }

  /** Y = X Wᵀ, or X W as a backward pass has it. */
  private static float[] product(
      Backend backend,
      boolean forward,
      DeviceBuffer x,
      DeviceBuffer weight,
      DeviceBuffer y,
      int n,
      int k) {
    backend
        .dense()
        .gemm(
            new Product(false, forward, ROWS, n, k),
            1f,
            new Rows(x, k),
            new Rows(weight, IN),
            0f,
            new Rows(y, n),
            null);
    return y.downloadFloats(ROWS * n);
  }

  /** Any bits but for the exponents of halves, so that scales are finite wherever they stand. */
  private static ByteBuffer blocks(StorageType type) {
    ByteBuffer blocks =
        ByteBuffer.allocateDirect((int) type.bytes(OUT * IN)).order(ByteOrder.LITTLE_ENDIAN);
    Random random = new Random(type.ordinal());
    while (blocks.hasRemaining()) {
      blocks.put((byte) (random.nextInt(256) & 0xbf));
    }
    return blocks.flip();
  }
}
