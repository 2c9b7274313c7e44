package dev.sotto.exact;

/**
 * A value that no noise has been added to, in an envelope that only the mechanism may open.
 *
 * <p>This package is not exported: on the module path a program that holds an envelope can neither
 * name its type nor open it, be it by reflection. On the class path module rules (ArchUnit) keep
 * everyone but {@code dev.sotto.mechanism} out.
 *
 * @param <T> what is inside
 */
public final class Exact<T> {
  private final T value;

  /**
   * Closes an envelope.
   *
   * @param value private
   */
  public Exact(T value) {
    this.value = value;
  }

  /**
   * Opens it. Sensitive: for {@code dev.sotto.mechanism} only.
   *
   * @return what is inside
   */
  public T value() {
    return value;
  }
}
