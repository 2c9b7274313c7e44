package dev.sotto.compute;

import dev.sotto.compute.DenseAlgebra.Product;
import java.util.Arrays;
import java.util.Random;

/**
 * In a JVM of its own, since a BLAS chooses its kernels once a process: whether rows of products
 * through the BLAS that {@code sotto.blas} names depend on one another. Prints the library, then
 * for each purpose one of {@code independent}, {@code dependent} and {@code refused}.
 */
final class BlasRows {
  private static final int MOST = 200;
  private static final int[][] SHAPES = {{256, 256}, {320, 288}, {768, 96}, {65, 1100}};

  private BlasRows() {}

  public static void main(String[] arguments) {
    for (Purpose purpose : Purpose.values()) {
      try (Backend backend = Backends.open("cpu", 2, purpose)) {
        if (purpose == Purpose.PRIVATE) {
          System.out.println(backend.describe().replaceAll(".* blas=", ""));
        }
        System.out.println(purpose + " " + verdict(backend));
      }
    }
  }

  private static String verdict(Backend backend) {
    boolean dependent = false;
    for (int[] shape : SHAPES) {
      for (boolean transB : new boolean[] {false, true}) {
        try {
          dependent |= dependent(backend, shape[0], shape[1], transB);
        } catch (DependentRowsException e) {
          return "refused";
        }
      }
    }
    return dependent ? "dependent" : "independent";
  }

  private static boolean dependent(Backend backend, int n, int k, boolean transB) {
    Random random = new Random(1);
    float[] a = floats(random, MOST * k);
    try (DeviceBuffer b = backend.allocate(ElementType.F32, (long) n * k)) {
      b.upload(floats(random, n * k));
      float[] whole = product(backend, transB, a, b, n, k, 0, MOST);
      for (int rows : new int[] {1, 2, 3, 5, 7, 15, 16, 17, 31, 48, 97, 192, MOST - 1}) {
        for (int from : new int[] {0, 1, MOST - rows}) {
          float[] part = product(backend, transB, a, b, n, k, from, rows);
          if (!Arrays.equals(Arrays.copyOfRange(whole, from * n, (from + rows) * n), part)) {
            return true;
          }
        }
      }
    }
    return false;
  }

  private static float[] product(
      Backend backend,
      boolean transB,
      float[] a,
      DeviceBuffer b,
      int n,
      int k,
      int from,
      int rows) {
    try (DeviceBuffer x = backend.allocate(ElementType.F32, (long) rows * k);
        DeviceBuffer y = backend.allocate(ElementType.F32, (long) rows * n)) {
      x.upload(Arrays.copyOfRange(a, from * k, (from + rows) * k));
      Product product = new Product(false, transB, rows, n, k);
      Rows weights = new Rows(b, transB ? k : n);
      backend.dense().gemm(product, new Rows(x, k), weights, new Rows(y, n));
      return y.downloadFloats(rows * n);
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
