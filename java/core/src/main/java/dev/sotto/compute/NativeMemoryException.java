package dev.sotto.compute;

/**
 * The device had not enough memory. The backend stays usable; the message says how much was wanted.
 */
public final class NativeMemoryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message what was wanted, in bytes
   */
  public NativeMemoryException(String message) {
    super(message);
  }
}
