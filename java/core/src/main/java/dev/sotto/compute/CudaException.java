package dev.sotto.compute;

/** A CUDA call failed; the backend stays usable. The message carries file and line of the call. */
public class CudaException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message the CUDA error with file and line
   */
  public CudaException(String message) {
    super(message);
  }
}
