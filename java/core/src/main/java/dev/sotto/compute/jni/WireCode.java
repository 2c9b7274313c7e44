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
      case Q4_0 -> SottoNative.SOTTO_Q4_0;
      case Q4_1 -> SottoNative.SOTTO_Q4_1;
      case Q5_0 -> SottoNative.SOTTO_Q5_0;
      case Q5_1 -> SottoNative.SOTTO_Q5_1;
      case Q8_0 -> SottoNative.SOTTO_Q8_0;
      case Q2_K -> SottoNative.SOTTO_Q2_K;
      case Q3_K -> SottoNative.SOTTO_Q3_K;
      case Q4_K -> SottoNative.SOTTO_Q4_K;
      case Q5_K -> SottoNative.SOTTO_Q5_K;
      case Q6_K -> SottoNative.SOTTO_Q6_K;
      case IQ4_NL -> SottoNative.SOTTO_IQ4_NL;
      case IQ4_XS -> SottoNative.SOTTO_IQ4_XS;
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
