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

/** The noise key passes through memory that other calls use; nothing of it stays there. */
class HostKeyTest {
  private static final int LENGTH = 4;

  @Test
  void theKeyIsWipedFromStagingMemory() {
    byte[] key = new byte[32];
    Arrays.fill(key, (byte) 0x5a);
    try (Backend backend = Backends.open("cpu", 1);
        DeviceBuffer sum = backend.allocate(ElementType.F64, LENGTH);
        DeviceBuffer out = backend.allocate(ElementType.F32, LENGTH);
        DeviceBuffer velocity = backend.allocate(ElementType.F32, LENGTH);
        DeviceBuffer weights = backend.allocate(ElementType.F32, LENGTH)) {
      PrivateKernels kernels = backend.privatePath();
      fillStaging(backend);
      kernels.addNoise(noise(key, LENGTH, sum), out);
      assertWiped(backend);
      fillStaging(backend);
      WeightUpdate update = new WeightUpdate.Sgd(0.1f, 0, 0, velocity, weights);
      kernels.noisyStep(noise(key, LENGTH, sum), out, update);
      assertWiped(backend);
      fillStaging(backend);
      assertThrows(
          IllegalArgumentException.class, () -> kernels.addNoise(noise(key, LENGTH + 1, sum), out));
      assertWiped(backend);
    }
  }

  private static Noise noise(byte[] key, int length, DeviceBuffer sum) {
    Noise.Address address = new Noise.Address(key, 1, 0, 0);
    return new Noise(DrawnNoise.GAUSSIAN, 1, 0x1p-20, address, length, sum, 1);
  }

  private static BytePointer staging(Backend backend) {
    return new BytePointer(((NativeBackend) backend).memory().staging(32));
  }

  private static void fillStaging(Backend backend) {
    byte[] ones = new byte[32];
    Arrays.fill(ones, (byte) 1);
    staging(backend).put(ones);
  }

  private static void assertWiped(Backend backend) {
    byte[] found = new byte[32];
    staging(backend).get(found);
    assertArrayEquals(new byte[32], found);
  }
}
