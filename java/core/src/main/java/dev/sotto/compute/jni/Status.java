package dev.sotto.compute.jni;

import dev.sotto.compute.CudaException;
import dev.sotto.compute.CudaFatalException;
import dev.sotto.compute.DependentRowsException;
import dev.sotto.compute.NativeMemoryException;

/** The one place where a native status becomes a Java exception. */
final class Status {
  private Status() {}

  static void check(int status) {
    if (status == SottoNative.SOTTO_OK) {
      return;
    }
    String message = SottoNative.sotto_last_error().getString();
    switch (status) {
      case SottoNative.SOTTO_INVALID_ARGUMENT -> throw new IllegalArgumentException(message);
      case SottoNative.SOTTO_UNSUPPORTED -> throw new UnsupportedOperationException(message);
      case SottoNative.SOTTO_DEPENDENT_ROWS -> throw new DependentRowsException(message);
      case SottoNative.SOTTO_OUT_OF_MEMORY -> throw new NativeMemoryException(message);
      case SottoNative.SOTTO_CUDA_ERROR -> throw new CudaException(message);
      case SottoNative.SOTTO_CUDA_FATAL -> throw new CudaFatalException(message);
      default -> throw new IllegalStateException("native status " + status + ": " + message);
    }
  }
}
