package dev.sotto.compute;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.compute.DenseAlgebra.Product;
import java.util.List;
import java.util.Random;
import java.util.ServiceLoader;
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
        Product product = Product.of(67, 129, 33);
        Rows result = new Rows(out, 129);
        backend.dense().gemm(product, new Rows(left, 33), new Rows(right, 129), result);
        products[threads - 1] = out.downloadFloats(67 * 129);
      }
    }
    assertArrayEquals(products[0], products[1]);
  }

  @Test
  void traitsSayWhatABackendIs() {
    try (Backend cpu = Backends.open("cpu", 1);
        Backend reference = Backends.open("cpu-reference", 1)) {
      for (Backend backend : List.of(cpu, reference)) {
        Backend.Traits traits = backend.traits();
        assertEquals(Backend.Device.CPU, traits.device());
        assertEquals(StorageType.F32, traits.precision());
        assertTrue(traits.sharesHostMemory());
        assertTrue(backend.describe().contains("isa=" + traits.isa()), backend.describe());
      }
      assertEquals("reference", reference.traits().isa());
    }
  }

  @Test
  void everyNameIsAProviders() {
    List<String> provided =
        ServiceLoader.load(BackendProvider.class).stream()
            .flatMap(provider -> provider.get().names().stream())
            .toList();
    assertEquals(List.of("cpu", "cuda", "cpu-reference"), provided);
    assertEquals(provided, Backends.NAMES.subList(1, Backends.NAMES.size()));
  }
}
