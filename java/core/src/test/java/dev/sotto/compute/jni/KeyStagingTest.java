package dev.sotto.compute.jni;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.NoiseLaw;
import dev.sotto.compute.Purpose;
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
    NoiseLaw law = NoiseLaw.GAUSSIAN;
    try (NativeBackend backend = NativeBackend.open("cpu", 1, Purpose.PRIVATE, "");
        DeviceBuffer sum = backend.allocate(ElementType.F64, 3);
        DeviceBuffer out = backend.allocate(ElementType.F32, 3);
        DeviceBuffer moment = backend.allocate(ElementType.F32, 3);
        DeviceBuffer weights = backend.allocate(ElementType.F32, 3)) {
      backend.addNoise(law, 3, 1, QUANTUM, key, 1, 0, 0, sum, 1, out);
      assertWiped(backend);
      WeightUpdate sgd = new WeightUpdate.Sgd(0.1f, 0.9f, 0, moment, weights);
      backend.noisyStep(law, 1, QUANTUM, key, 1, 0, 0, sum, 1, null, sgd);
      assertWiped(backend);
      WeightUpdate adamw =
          new WeightUpdate.AdamW(0.1f, 0.9f, 0.99f, 1e-8f, 0, 1, moment, out, weights);
      backend.noisyStep(law, 1, QUANTUM, key, 1, 0, 0, sum, 1, null, adamw);
      assertWiped(backend);
      assertThrows(
          IllegalArgumentException.class,
          () -> backend.addNoise(law, 3, -1, QUANTUM, key, 1, 0, 0, sum, 1, out));
      assertWiped(backend);
    }
  }

  private static void assertWiped(NativeBackend backend) {
    byte[] left = new byte[32];
    new BytePointer(backend.staging(32)).get(left);
    assertArrayEquals(new byte[32], left);
  }
}
