package dev.sotto.compute.jni;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sotto.noise.NoiseLaw;
import org.junit.jupiter.api.Test;

/** The codes that Java writes by itself are those of the native library. */
class WireCodeTest {
  @Test
  void aLawHasTheCodeOfTheKernel() {
    assertEquals(SottoNative.SOTTO_NOISE_GAUSSIAN, NoiseLaw.Kind.GAUSSIAN.code());
    assertEquals(SottoNative.SOTTO_NOISE_LAPLACE, NoiseLaw.Kind.LAPLACE.code());
    assertEquals(SottoNative.SOTTO_NOISE_LMO, NoiseLaw.Kind.LMO.code());
  }
}
