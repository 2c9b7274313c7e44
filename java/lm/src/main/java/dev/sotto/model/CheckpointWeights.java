package dev.sotto.model;

import dev.sotto.base.InputException;
import dev.sotto.checkpoint.DataType;
import dev.sotto.checkpoint.TensorView;
import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.StorageType;

/**
 * The tensors of a checkpoint on a backend, each refused if it holds NaN or infinity.
 *
 * @param backend where they go
 * @param stored where they come from
 */
record CheckpointWeights(Backend backend, StoredTensors stored) implements WeightSource {
  private static final int CHUNK = 1 << 20;
  private static final int BF16_EXPONENT = 0x7f80; // all ones: infinity or NaN

  @Override
  public DeviceBuffer tensor(String name, ElementType type, long... shape) {
    TensorView view = stored.find(name, shape);
    return type == ElementType.BF16 ? bf16(view) : f32(view);
  }

  /** Quantised blocks stay as they are in F32; to be rounded to BF16 they are unpacked. */
  @Override
  public DeviceBuffer matrix(String name, Precision precision, long... shape) {
    TensorView view = stored.find(name, shape);
    if (!view.dtype().isQuantised() || precision == Precision.BF16) {
      return tensor(name, precision.matrices(), shape);
    }
    DeviceBuffer buffer = backend.quantisedWeights(storage(view), view.data());
    requireFinite(view, backend.dense().countNonFinite(buffer));
    return buffer;
  }

  private static StorageType storage(TensorView view) {
    return StorageType.valueOf(view.dtype().name());
  }

  @Override
  public DeviceBuffer gainFromOne(String name, int channels) {
    if (stored.wholeGains()) {
      return tensor(name, ElementType.F32, channels);
    }
    TensorView view = stored.find(name, channels);
    float[] gain = view.toFloats();
    long bad = 0;
    for (int c = 0; c < channels; c++) {
      bad += Float.isFinite(gain[c]) ? 0 : 1;
      gain[c] += 1;
    }
    requireFinite(view, bad);
    DeviceBuffer buffer = backend.allocate(ElementType.F32, channels);
    buffer.upload(gain);
    return buffer;
  }

  @Override
  public boolean has(String name) {
    return stored.has(name);
  }

  private DeviceBuffer f32(TensorView view) {
    DeviceBuffer buffer = backend.weights(storage(view), view.data());
    requireFinite(view, backend.dense().countNonFinite(buffer));
    return buffer;
  }

  /** BF16 data stays where it lies, if the backend can read it there; the rest is rounded. */
  private DeviceBuffer bf16(TensorView view) {
    if (view.dtype().isQuantised()) {
      return rounded(view);
    }
    boolean rounded = view.dtype() != DataType.BF16;
    DeviceBuffer buffer =
        rounded
            ? backend.allocate(ElementType.BF16, view.size())
            : backend.bf16Weights(view.data());
    short[] chunk = new short[CHUNK];
    long bad = 0;
    for (long from = 0; from < view.size(); from += CHUNK) {
      int count = (int) Math.min(CHUNK, view.size() - from);
      view.readBf16((int) from, chunk, count);
      for (int i = 0; i < count; i++) {
        bad += (chunk[i] & BF16_EXPONENT) == BF16_EXPONENT ? 1 : 0;
      }
      if (rounded) {
        buffer.slice(from, count).upload(chunk, count);
      }
    }
    requireFinite(view, bad);
    return buffer;
  }

  /** Quantised blocks are unpacked to F32 first. */
  private DeviceBuffer rounded(TensorView view) {
    DeviceBuffer buffer = backend.allocate(ElementType.BF16, view.size());
    try (DeviceBuffer wide = f32(view)) {
      short[] chunk = new short[CHUNK];
      for (long from = 0; from < view.size(); from += CHUNK) {
        int count = (int) Math.min(CHUNK, view.size() - from);
        TensorView.roundToBf16(wide.slice(from, count).downloadFloats(count), chunk);
        buffer.slice(from, count).upload(chunk, count);
      }
    }
    return buffer;
  }

  private static void requireFinite(TensorView view, long bad) {
    if (bad > 0) {
      throw new InputException(
          view.file()
              + ": tensor '"
              + view.name()
              + "' has "
              + bad
              + " values that are NaN or infinite; the file is damaged or the training that made it diverged");
    }
  }
}
