package dev.sotto.mechanism;

/**
 * A value that has been through a mechanism: it may be stored, printed and learned from. Only this
 * package can make one, so a method that takes {@code Privatized<T>} cannot be handed private data
 * by mistake.
 *
 * @param <T> what was released
 */
public final class Privatized<T> {
  private final T value;

  Privatized(T value) {
    this.value = value;
  }

  /** The released value. */
  public T value() {
    return value;
  }
}
