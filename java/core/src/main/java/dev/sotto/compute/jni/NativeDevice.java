package dev.sotto.compute.jni;

import static dev.sotto.compute.jni.Status.check;

import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.Purpose;
import dev.sotto.compute.StorageType;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.ShortPointer;

/**
 * Memory of a native backend, and how its buffers become addresses: what is of the wrong type or
 * too short is refused here, since C cannot see it.
 */
abstract class NativeDevice implements Backend {
  private static final int DESCRIPTION_BYTES = 1024;

  private final String name;
  private final Purpose purpose;
  private final String reason;
  private BackendHandle handle;
  private BytePointer staging;

  NativeDevice(String name, Purpose purpose, String reason, BackendHandle handle) {
    this.name = name;
    this.purpose = purpose;
    this.reason = reason;
    this.handle = handle;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Purpose purpose() {
    return purpose;
  }

  @Override
  public String describe() {
    byte[] text = new byte[DESCRIPTION_BYTES];
    check(SottoNative.sotto_backend_describe(handle(), text, text.length));
    int end = 0;
    while (end < text.length && text[end] != 0) {
      end++;
    }
    return new String(text, 0, end, StandardCharsets.UTF_8);
  }

  @Override
  public String reason() {
    return reason;
  }

  @Override
  public DeviceBuffer allocate(ElementType type, long length) {
    if (length < 0) {
      throw new IllegalArgumentException("a buffer of " + length + " elements");
    }
    Pointer out = new Pointer();
    check(SottoNative.sotto_alloc(handle(), Math.max(1, length) * type.bytes(), out));
    Pointer typed =
        switch (type) {
          case F32 -> new FloatPointer(out);
          case F64 -> new DoublePointer(out);
          case I32 -> new IntPointer(out);
          case BF16 -> new ShortPointer(out);
        };
    return new NativeBuffer(this, type, length, typed, true);
  }

  @Override
  public DeviceBuffer weights(StorageType type, ByteBuffer data) {
    long count = data.remaining() / type.bytes();
    Pointer source = direct(data);
    if (type == StorageType.F32 && name.startsWith("cpu") && source.address() % 4 == 0) {
      return new NativeBuffer(this, ElementType.F32, count, new FloatPointer(source), false);
    }
    DeviceBuffer out = allocate(ElementType.F32, count);
    check(SottoNative.sotto_convert_to_f32(handle(), type.ordinal(), count, source, f(out, count)));
    return out;
  }

  @Override
  public DeviceBuffer bf16Weights(ByteBuffer data) {
    long count = data.remaining() / ElementType.BF16.bytes();
    Pointer source = direct(data);
    if (name.startsWith("cpu") && source.address() % 2 == 0) {
      return new NativeBuffer(this, ElementType.BF16, count, new ShortPointer(source), false);
    }
    DeviceBuffer out = allocate(ElementType.BF16, count);
    upload((NativeBuffer) out, source, out.bytes());
    return out;
  }

  private static Pointer direct(ByteBuffer data) {
    if (!data.isDirect()) {
      throw new IllegalArgumentException("weights must be in a direct buffer");
    }
    return new Pointer(data.slice());
  }

  @Override
  public long allocations() {
    return memoryStats()[0];
  }

  @Override
  public long liveBytes() {
    return memoryStats()[1];
  }

  @Override
  public void rehearse(Runnable step) {
    check(SottoNative.sotto_backend_rehearse(handle(), 1));
    try {
      step.run();
    } finally {
      check(SottoNative.sotto_backend_rehearse(handle(), 0));
    }
  }

  private long[] memoryStats() {
    long[] allocations = new long[1];
    long[] live = new long[1];
    check(SottoNative.sotto_memory_stats(handle(), allocations, live));
    return new long[] {allocations[0], live[0]};
  }

  @Override
  public void startTimer() {
    check(SottoNative.sotto_timer_start(handle()));
  }

  @Override
  public double stopTimer() {
    double[] seconds = new double[1];
    check(SottoNative.sotto_timer_stop(handle(), seconds));
    return seconds[0];
  }

  @Override
  public void close() {
    if (handle != null) {
      if (staging != null) {
        staging.close();
        staging = null;
      }
      SottoNative.sotto_backend_destroy(handle);
      handle = null;
    }
  }

  /** Host memory of at least {@code bytes}, kept between calls, for copies of Java arrays. */
  Pointer staging(long bytes) {
    if (staging == null || staging.capacity() < bytes) {
      if (staging != null) {
        staging.close();
      }
      staging = new BytePointer(Math.max(4096, Long.highestOneBit(bytes) * 2));
    }
    return staging;
  }

  void upload(NativeBuffer device, Pointer host, long bytes) {
    check(SottoNative.sotto_upload(handle(), device.pointer(), host, bytes));
  }

  void download(Pointer host, NativeBuffer device, long bytes) {
    check(SottoNative.sotto_download(handle(), host, device.pointer(), bytes));
  }

  void zero(NativeBuffer device) {
    check(SottoNative.sotto_zero(handle(), device.pointer(), device.bytes()));
  }

  void free(Pointer memory) {
    check(SottoNative.sotto_free(handle(), memory));
  }

  BackendHandle handle() {
    if (handle == null) {
      throw new IllegalArgumentException("the backend was closed");
    }
    return handle;
  }

  static int flag(boolean value) {
    return value ? 1 : 0;
  }

  /** Elements from the first of row 0 to the last of the last row. */
  static long span(long rows, long columns, long ld) {
    return rows <= 0 ? 0 : (rows - 1) * ld + columns;
  }

  FloatPointer f(DeviceBuffer buffer, long atLeast) {
    return (FloatPointer) pointer(buffer, ElementType.F32, atLeast);
  }

  DoublePointer d(DeviceBuffer buffer, long atLeast) {
    return (DoublePointer) pointer(buffer, ElementType.F64, atLeast);
  }

  IntPointer i(DeviceBuffer buffer, long atLeast) {
    return (IntPointer) pointer(buffer, ElementType.I32, atLeast);
  }

  ShortPointer bf16(DeviceBuffer buffer, long atLeast) {
    return (ShortPointer) pointer(buffer, ElementType.BF16, atLeast);
  }

  private static Pointer pointer(DeviceBuffer buffer, ElementType type, long atLeast) {
    if (buffer == null) {
      return null;
    }
    if (buffer.type() != type) {
      throw new IllegalArgumentException(
          "a buffer of " + buffer.type() + " was given where " + type + " is needed");
    }
    if (buffer.length() < atLeast) {
      throw new IllegalArgumentException(
          "a buffer of " + buffer.length() + " elements is too short for the call's shape");
    }
    return ((NativeBuffer) buffer).pointer();
  }
}
