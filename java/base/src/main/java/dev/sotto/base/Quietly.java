package dev.sotto.base;

/** Closing what nothing depends on any more: the error that led there is the one to report. */
public final class Quietly {
  private Quietly() {}

  /**
   * Closes, whatever comes of it.
   *
   * @param resource null for none
   */
  public static void close(AutoCloseable resource) {
    try {
      if (resource != null) {
        resource.close();
      }
    } catch (Exception e) {
      // Nothing is lost by it: what had to be on disk is.
    }
  }
}
