package dev.sotto.compute;

/** A CUDA error that poisons the device context: the backend refuses every later call. */
public final class CudaFatalException extends CudaException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message the CUDA error with file and line
   */
  public CudaFatalException(String message) {
    super(message);
  }
}
