package dev.sotto.bench;

import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.SplittableRandom;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A backend, its roofline, and buffers that are freed with it. */
@State(Scope.Benchmark)
public abstract class DeviceState {
  /** {@code cpu} or {@code cuda}. */
  @Param("cpu")
  public String backend = "cpu";

  /** Worker threads of the CPU; 0 for one per hardware thread. */
  @Param("0")
  public int threads;

  Backend device;
  Roofline roofline;
  private final Deque<DeviceBuffer> buffers = new ArrayDeque<>();
  private final SplittableRandom random = new SplittableRandom(1);

  /** Opens the backend, measures the roofline, fills the inputs. */
  @Setup(Level.Trial)
  public void open() {
    device = Backends.open(backend, threads);
    if (roofline == null) {
      roofline = Roofline.measure(device);
    }
    fill();
  }

  /** Makes the inputs. */
  abstract void fill();

  /** Frees everything. */
  @TearDown(Level.Trial)
  public void close() {
    while (!buffers.isEmpty()) {
      buffers.pop().close();
    }
    device.close();
  }

  DeviceBuffer zeros(ElementType type, long length) {
    DeviceBuffer buffer = device.allocate(type, length);
    buffers.push(buffer);
    return buffer;
  }

  /** Uniform in [−1, 1). */
  DeviceBuffer floats(long length) {
    float[] values = new float[Math.toIntExact(length)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextDouble(-1, 1);
    }
    return upload(values);
  }

  DeviceBuffer upload(float[] values) {
    DeviceBuffer buffer = zeros(ElementType.F32, values.length);
    buffer.upload(values);
    return buffer;
  }

  DeviceBuffer upload(int[] values) {
    DeviceBuffer buffer = zeros(ElementType.I32, values.length);
    buffer.upload(values, values.length);
    return buffer;
  }
}
