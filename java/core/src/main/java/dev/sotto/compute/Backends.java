package dev.sotto.compute;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.stream.Stream;

/**
 * Opens backends by name: those of every {@link BackendProvider}.
 *
 * <pre>{@code
 * try (Backend cpu = Backends.open("auto", 0)) {
 *   System.out.println(cpu.describe());
 * }
 * }</pre>
 */
public final class Backends {
  private static final String AUTO = "auto";
  private static final String CPU = "cpu";
  private static final String CUDA = "cuda";

  private static final Map<String, BackendProvider> PROVIDERS = providers();

  /** The names {@link #open} accepts. */
  public static final List<String> NAMES =
      Stream.concat(Stream.of(AUTO), PROVIDERS.keySet().stream()).toList();

  private Backends() {}

  private static Map<String, BackendProvider> providers() {
    Map<String, BackendProvider> providers = new LinkedHashMap<>();
    ClassLoader own = Backends.class.getClassLoader();
    for (BackendProvider provider : ServiceLoader.load(BackendProvider.class, own)) {
      provider.names().forEach(name -> providers.putIfAbsent(name, provider));
    }
    return providers;
  }

  /** Opens a backend for private records: {@link #open(String, int, Purpose)}. */
  public static Backend open(String name, int threads) {
    return open(name, threads, Purpose.PRIVATE);
  }

  /**
   * Opens a backend. {@code auto} takes the CPU, with the reason in {@link Backend#reason}: the
   * kernels of {@code cuda} have passed their tests in emulation and have not run on a GPU yet, so
   * a GPU must be asked for by name. Every name but {@code auto} either opens or fails.
   *
   * @param name one of {@link #NAMES}
   * @param threads worker threads of the CPU backend; 0 for one per hardware thread
   * @param purpose whether private records are computed on
   * @throws IllegalArgumentException if the name is unknown
   * @throws UnsupportedOperationException if the named backend cannot run here
   */
  public static Backend open(String name, int threads, Purpose purpose) {
    if (!NAMES.contains(name)) {
      throw new IllegalArgumentException(
          "unknown backend '" + name + "': choose one of " + String.join(", ", NAMES));
    }
    if (!name.equals(AUTO)) {
      return open(name, threads, purpose, "");
    }
    String reason;
    try (Backend cuda = open(CUDA, threads, purpose, "")) {
      reason =
          "a CUDA device was found, but these kernels are not verified on one yet: ask for it with"
              + " backend cuda ("
              + cuda.describe()
              + ")";
    } catch (UnsupportedOperationException | CudaException e) {
      reason = e.getMessage();
    }
    return open(CPU, threads, purpose, reason);
  }

  private static Backend open(String name, int threads, Purpose purpose, String reason) {
    return PROVIDERS.get(name).open(name, threads, purpose, reason);
  }
}
