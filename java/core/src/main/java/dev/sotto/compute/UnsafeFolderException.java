package dev.sotto.compute;

/**
 * There is no folder from which native libraries could be loaded safely. The message is one line
 * that names the folder, what is wrong with it, and the setting that moves it.
 */
public class UnsafeFolderException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes the exception.
   *
   * @param message the folder, the fault and the setting
   * @param cause the failure behind it, or null
   */
  public UnsafeFolderException(String message, Throwable cause) {
    super(message, cause);
  }
}
