package dev.sotto.compute.jni;

import dev.sotto.compute.Activation;
import dev.sotto.compute.Pooling;
import dev.sotto.compute.Purpose;
import dev.sotto.compute.StorageType;

/**
 * The number by which {@code sotto.h} knows each constant: a new one in Java has none until here.
 */
final class WireCode {
  private WireCode() {}

  static int of(Purpose purpose) {
    return switch (purpose) {
      case PRIVATE -> SottoNative.SOTTO_PRIVATE;
      case PUBLIC -> SottoNative.SOTTO_PUBLIC;
    };
  }

  static int of(StorageType type) {
    return switch (type) {
      case F32 -> SottoNative.SOTTO_F32;
      case F16 -> SottoNative.SOTTO_F16;
      case BF16 -> SottoNative.SOTTO_BF16;
    };
  }

  static int of(Pooling kind) {
    return switch (kind) {
      case MEAN -> SottoNative.SOTTO_POOL_MEAN;
      case FIRST -> SottoNative.SOTTO_POOL_FIRST;
      case LAST -> SottoNative.SOTTO_POOL_LAST;
    };
  }

  static int of(Activation kind) {
    return switch (kind) {
      case GELU_TANH -> SottoNative.SOTTO_GELU_TANH;
      case GELU_ERF -> SottoNative.SOTTO_GELU_ERF;
      case SILU -> SottoNative.SOTTO_SILU;
      case RELU -> SottoNative.SOTTO_RELU;
      case TANH -> SottoNative.SOTTO_TANH;
    };
  }
}
