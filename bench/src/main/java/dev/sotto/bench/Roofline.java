package dev.sotto.bench;

import dev.sotto.compute.Backend;
import dev.sotto.compute.DenseAlgebra.Product;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.Rows;

/**
 * What the device can do at best, measured where the benchmarks run: a kernel's time is held
 * against it.
 *
 * @param bytesPerSecond of a copy beyond the caches: x + x in place, 8 bytes a float
 * @param flopsPerSecond of a large square product in f32
 */
record Roofline(double bytesPerSecond, double flopsPerSecond) {
  private static final int REPEATS = 5;

  /** Seconds to look for a call that nothing else on the machine disturbed. */
  private static final double SEARCH = 0.3;

  /** 256 MiB, beyond every cache. */
  private static final long LONGEST_STREAM = 1L << 26;

  private static final long LARGEST_PRODUCT = 8192;

  /** A copy of so many seconds shows what a longer one would. */
  private static final double LONG_STREAM = 0.002;

  private static final double LONG_PRODUCT = 0.001;

  /** Larger and larger calls, until one is long enough; of each size the fastest. */
  static Roofline measure(Backend backend) {
    double bandwidth = 0;
    double rate = 0;
    double seconds = 0;
    for (long n = 1 << 18; seconds < LONG_STREAM && n <= LONGEST_STREAM; n *= 4) {
      long count = n;
      try (DeviceBuffer x = backend.allocate(ElementType.F32, n)) {
        seconds = fastest(backend, () -> backend.dense().add(count, x, x, x));
        bandwidth = 8.0 * n / seconds;
      }
    }
    seconds = 0;
    for (long n = 64; seconds < LONG_PRODUCT && n <= LARGEST_PRODUCT; n *= 2) {
      long m = n;
      try (DeviceBuffer a = backend.allocate(ElementType.F32, n * n);
          DeviceBuffer c = backend.allocate(ElementType.F32, n * n)) {
        Rows factor = new Rows(a, m);
        Rows result = new Rows(c, m);
        Runnable product = () -> backend.dense().gemm(Product.of(m, m, m), factor, factor, result);
        seconds = fastest(backend, product);
        rate = 2.0 * n * n * n / seconds;
      }
    }
    return new Roofline(bandwidth, rate);
  }

  /** The share of the limit: the least time for so many bytes and FLOPs over the time taken. */
  double share(double bytes, double flops, double seconds) {
    return Math.max(bytes / bytesPerSecond, flops / flopsPerSecond) / seconds;
  }

  private static double fastest(Backend backend, Runnable call) {
    call.run();
    double best = Double.POSITIVE_INFINITY;
    long end = System.nanoTime() + (long) (SEARCH * 1e9);
    for (int i = 0; i < REPEATS || System.nanoTime() < end; i++) {
      backend.timer().startTimer();
      call.run();
      best = Math.min(best, backend.timer().stopTimer());
    }
    return best;
  }
}
