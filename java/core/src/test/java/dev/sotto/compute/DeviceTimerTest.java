package dev.sotto.compute;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceTimerTest {
  private static final int COUNT = 100_003;

  /** The interval lies inside the one that the host's clock sees around it. */
  @ParameterizedTest
  @ValueSource(strings = {"cpu", "cpu-reference"})
  void measuresWhatRunsBetween(String name) {
    try (Backend backend = Backends.open(name, 1);
        DeviceBuffer x = backend.allocate(ElementType.F32, COUNT);
        DeviceBuffer norm = backend.allocate(ElementType.F64, 1)) {
      float[] twos = new float[COUNT];
      Arrays.fill(twos, 2f);
      x.upload(twos);
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, backend.timer()::stopTimer);
      assertTrue(e.getMessage().contains("not started"), e.getMessage());
      long begin = System.nanoTime();
      backend.timer().startTimer();
      backend.dense().squaredNorm(COUNT, x, norm);
      double seconds = backend.timer().stopTimer();
      double around = (System.nanoTime() - begin) * 1e-9;
      assertTrue(seconds > 0 && seconds <= around, seconds + " s inside " + around);
      assertEquals(4.0 * COUNT, norm.downloadDoubles(1)[0]);
      assertThrows(IllegalArgumentException.class, backend.timer()::stopTimer);
    }
  }
}
