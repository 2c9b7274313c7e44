package dev.sotto.compute;

import java.util.List;

/**
 * Opens backends of one kind; found by {@link java.util.ServiceLoader}. A library brings its own by
 * naming its class in {@code META-INF/services/dev.sotto.compute.BackendProvider}.
 */
public interface BackendProvider {
  /** The names it opens, none of them {@code auto}. */
  List<String> names();

  /**
   * Opens a backend.
   *
   * @param name one of {@link #names}
   * @param threads worker threads where the backend has any; 0 for all
   * @param purpose whether private records are computed on
   * @param reason what {@link Backend#reason} will say
   * @throws UnsupportedOperationException if it cannot run here
   */
  Backend open(String name, int threads, Purpose purpose, String reason);
}
