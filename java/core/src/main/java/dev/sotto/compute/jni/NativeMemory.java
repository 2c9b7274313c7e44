package dev.sotto.compute.jni;

import static dev.sotto.compute.jni.Status.check;

import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.Rows;
import dev.sotto.compute.StorageType;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.ShortPointer;

/**
 * Memory of a native backend, and how its buffers become addresses: what is another backend's, of
 * the wrong type or too short is refused here, since C cannot see it.
 */
final class NativeMemory {
  /** Room for the largest request of {@code ops.h}, and more. */
  private static final int REQUEST_BYTES = 512;

  private final String name;
  private final BytePointer requestBytes = new BytePointer(REQUEST_BYTES);
  private final Pointer request = new Address(requestBytes.address());
  private BackendHandle handle;
  private BytePointer staging;
  private NativeBuffer unpacked;

  /** An address that nobody frees, so that the views made of it for each call cost no clean-up. */
  private static final class Address extends Pointer {
    Address(long address) {
      this.address = address;
    }
  }

  NativeMemory(String name, BackendHandle handle) {
    this.name = name;
    this.handle = handle;
  }

  NativeBuffer allocate(ElementType type, long length) {
    if (length < 0) {
      throw new IllegalArgumentException("a buffer of " + length + " elements");
    }
    Pointer out = new Pointer();
    check(SottoNative.sotto_alloc(handle(), Math.max(1, length) * type.bytes(), out));
    return of(type, length, out, true);
  }

  /** A buffer at an address; {@code owned}: to be freed by it. */
  NativeBuffer of(ElementType type, long length, Pointer address, boolean owned) {
    Pointer typed =
        switch (type) {
          case F32 -> new FloatPointer(address);
          case F64 -> new DoublePointer(address);
          case I32 -> new IntPointer(address);
          case BF16 -> new ShortPointer(address);
          case QUANTISED -> throw new IllegalArgumentException("blocks are not allocated");
        };
    return new NativeBuffer(this, type, length, typed, owned);
  }

  /**
   * Zeroed memory for one request, the same for each call: {@code new sotto_add_request(request())}
   * is a request in which whatever the caller forgets is 0 or null, and refused.
   */
  Pointer request() {
    handle(); // after close the memory is gone
    return Pointer.memset(request, 0, REQUEST_BYTES);
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

  /** Room for the largest quantised matrix, kept between products. */
  NativeBuffer roomToUnpack(long length) {
    if (unpacked == null || unpacked.length() < length) {
      if (unpacked != null) {
        unpacked.close();
      }
      unpacked = allocate(ElementType.F32, length);
    }
    return unpacked;
  }

  /** Widens or unpacks host memory to F32. */
  void convert(StorageType type, Pointer source, long count, NativeBuffer out) {
    check(
        SottoNative.sotto_convert_to_f32(
            handle(),
            new sotto_convert_to_f32_request(request())
                .dtype(WireCode.of(type))
                .count(count)
                .source(source)
                .out((FloatPointer) out.pointer())));
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

  void close() {
    if (handle != null) {
      if (staging != null) {
        staging.close();
        staging = null;
      }
      if (unpacked != null) {
        unpacked.close();
        unpacked = null;
      }
      requestBytes.close();
      SottoNative.sotto_backend_destroy(handle);
      handle = null;
    }
  }

  /** The address of an F32 buffer of at least so many elements; null for null. */
  FloatPointer floats(DeviceBuffer buffer, long atLeast) {
    return (FloatPointer) pointer(buffer, ElementType.F32, atLeast);
  }

  /** The address of F32 rows; null for null. */
  FloatPointer floats(Rows matrix, long rows, long columns) {
    return matrix == null ? null : floats(matrix.data(), span(rows, columns, matrix.stride()));
  }

  DoublePointer doubles(DeviceBuffer buffer, long atLeast) {
    return (DoublePointer) pointer(buffer, ElementType.F64, atLeast);
  }

  IntPointer ints(DeviceBuffer buffer, long atLeast) {
    return (IntPointer) pointer(buffer, ElementType.I32, atLeast);
  }

  ShortPointer bf16(Rows matrix, long rows, long columns) {
    long atLeast = span(rows, columns, matrix.stride());
    return (ShortPointer) pointer(matrix.data(), ElementType.BF16, atLeast);
  }

  /** Elements from the first of row 0 to the last of the last row. */
  private static long span(long rows, long columns, long stride) {
    return rows <= 0 ? 0 : (rows - 1) * stride + columns;
  }

  private Pointer pointer(DeviceBuffer buffer, ElementType type, long atLeast) {
    if (buffer == null) {
      return null;
    }
    if (!(buffer instanceof NativeBuffer own) || own.memory() != this) {
      throw new IllegalArgumentException(
          "a buffer of another backend was given to this one (" + name + "): copy it over");
    }
    if (buffer.type() != type) {
      throw new IllegalArgumentException(
          "a buffer of " + buffer.type() + " was given where " + type + " is needed");
    }
    if (buffer.length() < atLeast) {
      throw new IllegalArgumentException(
          "a buffer of " + buffer.length() + " elements is too short for the call's shape");
    }
    return own.pointer();
  }
}
