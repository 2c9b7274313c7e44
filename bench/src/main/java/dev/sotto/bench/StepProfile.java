package dev.sotto.bench;

import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.compute.DenseAlgebra;
import dev.sotto.compute.PrivateKernels;
import dev.sotto.compute.TransformerKernels;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Where the time of a training step goes, op by op: wraps the backend, times every call, and counts
 * the GEMMs' FLOPs. Prints a table for a private and a non-private step.
 *
 * <pre>java -cp bench/target/benchmarks.jar dev.sotto.bench.StepProfile LLAMA_256 flat 2</pre>
 */
public final class StepProfile {
  private static final int WARMUP = 2;
  private static final int STEPS = 5;

  private final Map<String, long[]> nanosAndCalls = new TreeMap<>();
  private double gemmFlops;

  private StepProfile() {}

  /**
   * Runs the profile.
   *
   * @param args shape, {@code flat} or {@code per-adapter}, threads
   */
  public static void main(String[] args) {
    ModelShape shape = ModelShape.valueOf(args.length > 0 ? args[0] : "LLAMA_256");
    boolean perAdapter = args.length > 1 && args[1].equals("per-adapter");
    int threads = args.length > 2 ? Integer.parseInt(args[2]) : 0;
    StepProfile profile = new StepProfile();
    try (StepFixture fixture =
        new StepFixture(shape, perAdapter, profile.timed(Backends.open("cpu", threads)))) {
      System.out.println(fixture.backend.describe());
      profile.run("non-private", fixture::nonPrivateStep);
      profile.run("private", fixture::privateStep);
    }
  }

  private void run(String name, Runnable step) {
    for (int i = 0; i < WARMUP; i++) {
      step.run();
    }
    nanosAndCalls.clear();
    gemmFlops = 0;
    long start = System.nanoTime();
    for (int i = 0; i < STEPS; i++) {
      step.run();
    }
    double total = System.nanoTime() - start;
    System.out.printf(Locale.ROOT, "%n%s step: %.1f ms%n", name, total / STEPS / 1e6);
    List<Map.Entry<String, long[]>> rows = new ArrayList<>(nanosAndCalls.entrySet());
    rows.sort((a, b) -> Long.compare(b.getValue()[0], a.getValue()[0]));
    for (Map.Entry<String, long[]> row : rows) {
      System.out.printf(
          Locale.ROOT,
          "  %-26s %8.2f ms  %5.1f%%  %5d calls%n",
          row.getKey(),
          row.getValue()[0] / 1e6 / STEPS,
          100 * row.getValue()[0] / total,
          row.getValue()[1] / STEPS);
    }
    System.out.printf(
        Locale.ROOT, "  GEMM: %.1f GFLOP/s%n", gemmFlops / nanosAndCalls.get("gemm")[0]);
  }

  private Backend timed(Backend backend) {
    DenseAlgebra dense = timed(DenseAlgebra.class, backend.dense());
    TransformerKernels transformer = timed(TransformerKernels.class, backend.transformer());
    PrivateKernels privatePath = timed(PrivateKernels.class, backend.privatePath());
    return proxy(
        Backend.class,
        (method, args) ->
            switch (method.getName()) {
              case "dense" -> dense;
              case "transformer" -> transformer;
              case "privatePath" -> privatePath;
              default -> invoke(backend, method, args);
            });
  }

  private <T> T timed(Class<T> type, T part) {
    return proxy(
        type,
        (method, args) -> {
          long start = System.nanoTime();
          try {
            return invoke(part, method, args);
          } finally {
            long[] entry = nanosAndCalls.computeIfAbsent(method.getName(), k -> new long[2]);
            entry[0] += System.nanoTime() - start;
            entry[1]++;
            if (args != null && args[0] instanceof DenseAlgebra.Product product) {
              gemmFlops += 2.0 * product.m() * product.n() * product.k();
            }
          }
        });
  }

  private interface Call {
    Object on(Method method, Object[] args) throws Throwable;
  }

  private static <T> T proxy(Class<T> type, Call call) {
    ClassLoader own = StepProfile.class.getClassLoader();
    return type.cast(
        Proxy.newProxyInstance(
            own, new Class<?>[] {type}, (proxy, method, args) -> call.on(method, args)));
  }

  private static Object invoke(Object target, Method method, Object[] args) throws Throwable {
    try {
      return method.invoke(target, args);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
