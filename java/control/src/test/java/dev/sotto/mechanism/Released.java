package dev.sotto.mechanism;

/**
 * Makes released values for tests. It stands in the mechanism's package because nothing else can,
 * and among the tests because nothing that is shipped may.
 */
public final class Released {
  private Released() {}

  /** A value as if a mechanism had released it. */
  public static <T> Privatized<T> of(T value) {
    return new Privatized<>(value);
  }
}
