package dev.sotto.compute.jni;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.DrawnNoise;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.Noise;
import dev.sotto.compute.PrivateKernels;
import dev.sotto.compute.WeightUpdate;
import java.util.Arrays;
import org.bytedeco.javacpp.BytePointer;
import org.junit.jupiter.api.Test;

/** The copy of the noise key that a call hands to native code does not outlive the call. */
class KeyStagingTest {
  private static final double QUANTUM = 0x1p-20;

  private final byte[] key = new byte[32];

  @Test
  void noCallLeavesTheKeyInStagingMemory() {
    Arrays.fill(key, (byte) 0x5a);
    try (Backend backend = Backends.open("cpu", 1);
        DeviceBuffer sum = backend.allocate(ElementType.F64, 3);
        DeviceBuffer out = backend.allocate(ElementType.F32, 3);
        DeviceBuffer moment = backend.allocate(ElementType.F32, 3);
        DeviceBuffer weights = backend.allocate(ElementType.F32, 3)) {
      PrivateKernels kernels = backend.privatePath();
      Noise noise = noise(1, sum);
      kernels.addNoise(noise, out);
      assertWiped(backend);
      WeightUpdate sgd = new WeightUpdate.Sgd(0.1f, 0.9f, 0, moment, weights);
      kernels.noisyStep(noise, null, sgd);
      assertWiped(backend);
      WeightUpdate.AdamW.Rule rule = new WeightUpdate.AdamW.Rule(0.1f, 0.9f, 0.99f, 1e-8f, 0);
      WeightUpdate adamw = new WeightUpdate.AdamW(rule, 1, moment, out, weights);
      kernels.noisyStep(noise, null, adamw);
      assertWiped(backend);
      assertThrows(IllegalArgumentException.class, () -> kernels.addNoise(noise(-1, sum), out));
      assertWiped(backend);
    }
  }

  private Noise noise(double scale, DeviceBuffer sum) {
    Noise.Address address = new Noise.Address(key, 1, 0, 0);
    return new Noise(DrawnNoise.GAUSSIAN, scale, QUANTUM, address, 3, sum, 1);
  }

  private static void assertWiped(Backend backend) {
    byte[] left = new byte[32];
    new BytePointer(((NativeBackend) backend).memory().staging(32)).get(left);
    assertArrayEquals(new byte[32], left);
  }
}
