package dev.sotto.compute;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class BackendsTest {
  @Test
  void namesOpenWhatTheySay() {
    for (String name : new String[] {"cpu", "cpu-reference"}) {
      try (Backend backend = Backends.open(name, 2)) {
        assertEquals(name, backend.name());
        assertTrue(backend.describe().contains("isa="), backend.describe());
        assertEquals("", backend.reason());
      }
    }
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> Backends.open("gpu", 0));
    assertTrue(e.getMessage().contains("cpu-reference"), e.getMessage());
  }

  @Test
  void autoGivesItsReason() {
    try (Backend backend = Backends.open("auto", 1)) {
      assertEquals("cpu", backend.name());
      assertFalse(backend.reason().isBlank());
    }
  }

  /** The privacy path must not depend on how many threads there are. */
  @Test
  void sameBitsOnOneThreadAndTwo() {
    float[][] products = new float[2][];
    Random random = new Random(1);
    float[] a = new float[67 * 33];
    float[] b = new float[33 * 129];
    for (int i = 0; i < b.length; i++) {
      b[i] = (float) random.nextGaussian();
      a[i % a.length] = (float) random.nextGaussian();
    }
    for (int threads = 1; threads <= 2; threads++) {
      try (Backend backend = Backends.open("cpu", threads);
          DeviceBuffer left = backend.allocate(ElementType.F32, a.length);
          DeviceBuffer right = backend.allocate(ElementType.F32, b.length);
          DeviceBuffer out = backend.allocate(ElementType.F32, 67 * 129)) {
        left.upload(a);
        right.upload(b);
        backend.gemm(false, false, 67, 129, 33, 1f, left, 33, right, 129, 0f, out, 129, null);
        products[threads - 1] = out.downloadFloats(67 * 129);
      }
    }
    assertArrayEquals(products[0], products[1]);
  }
}
