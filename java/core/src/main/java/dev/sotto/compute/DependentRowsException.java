package dev.sotto.compute;

/**
 * A BLAS that was asked for on the private path gives a row of a product bits that depend on other
 * rows: one record's gradient would depend on who else was drawn.
 */
public final class DependentRowsException extends UnsupportedOperationException {
  private static final long serialVersionUID = 1L;

  /** With the native library's line, which names the product and the BLAS. */
  public DependentRowsException(String message) {
    super(message);
  }
}
