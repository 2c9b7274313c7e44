package dev.sotto.bench;

import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.compute.CudaException;
import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.Main;
import org.openjdk.jmh.runner.options.CommandLineOptions;

/**
 * JMH's own command line, with one check before it: a backend that cannot run here is one line and
 * exit code 2, instead of a stack trace for every benchmark.
 */
public final class Benchmarks {
  private Benchmarks() {}

  /**
   * Runs the benchmarks.
   *
   * @param args as JMH takes them; {@code -p backend=cuda} chooses the GPU
   * @throws Exception as JMH does
   */
  public static void main(String[] args) throws Exception {
    String missing = missing(args);
    if (missing != null) {
      System.err.println(missing);
      System.exit(2);
    }
    Main.main(args);
  }

  /** Why a backend that the arguments name cannot be opened, as one line; null if all can. */
  static String missing(String[] args) throws Exception {
    Collection<String> names =
        new CommandLineOptions(args).getParameter("backend").orElse(List.of());
    for (String name : names) {
      try (Backend backend = Backends.open(name, 1)) {
        System.out.println("# " + backend.describe());
      } catch (IllegalArgumentException | UnsupportedOperationException | CudaException e) {
        return "-p backend=" + name + " cannot run here: " + e.getMessage();
      }
    }
    return null;
  }
}
