package dev.sotto.compute.jni;

import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.ShortPointer;

/** A buffer in native memory: an address, and who frees it. */
final class NativeBuffer extends DeviceBuffer {
  private final NativeMemory memory;
  private final NativeBuffer root;
  private final boolean owned;
  private Pointer pointer;

  /**
   * Keeps {@code pointer} (already of the element type); {@code owned} memory goes back to the
   * backend on close.
   */
  NativeBuffer(NativeMemory memory, ElementType type, long length, Pointer pointer, boolean owned) {
    this(memory, type, length, pointer, owned, null);
  }

  private NativeBuffer(
      NativeMemory memory,
      ElementType type,
      long length,
      Pointer pointer,
      boolean owned,
      NativeBuffer root) {
    super(type, length);
    this.memory = memory;
    this.pointer = pointer;
    this.owned = owned;
    this.root = root;
  }

  /** Whose memory it lies in. */
  NativeMemory memory() {
    return memory;
  }

  /** The typed address; fails once the memory is freed. */
  Pointer pointer() {
    if (pointer == null || (root != null && root.pointer == null)) {
      throw new IllegalArgumentException("the buffer was closed");
    }
    return pointer;
  }

  @Override
  protected DeviceBuffer view(long offset, long count) {
    Pointer base = pointer();
    // The address itself must move: a JavaCPP position counts elements where C takes float* but
    // bytes where it takes void*.
    Pointer shifted =
        switch (type()) {
          case F32 -> base.getPointer(FloatPointer.class, 0).getPointer(offset);
          case F64 -> base.getPointer(DoublePointer.class, 0).getPointer(offset);
          case I32 -> base.getPointer(IntPointer.class, 0).getPointer(offset);
          case BF16 -> base.getPointer(ShortPointer.class, 0).getPointer(offset);
          case QUANTISED -> throw new IllegalStateException("no native buffer holds blocks");
        };
    return new NativeBuffer(memory, type(), count, shifted, false, root == null ? this : root);
  }

  @Override
  public void upload(float[] source, int count) {
    require(ElementType.F32, count);
    Pointer staging = memory.staging(4L * count);
    new FloatPointer(staging).put(source, 0, count);
    memory.upload(this, staging, 4L * count);
  }

  @Override
  public void upload(double[] source, int count) {
    require(ElementType.F64, count);
    Pointer staging = memory.staging(8L * count);
    new DoublePointer(staging).put(source, 0, count);
    memory.upload(this, staging, 8L * count);
  }

  @Override
  public void upload(int[] source, int count) {
    require(ElementType.I32, count);
    Pointer staging = memory.staging(4L * count);
    new IntPointer(staging).put(source, 0, count);
    memory.upload(this, staging, 4L * count);
  }

  @Override
  public void upload(short[] source, int count) {
    require(ElementType.BF16, count);
    Pointer staging = memory.staging(2L * count);
    new ShortPointer(staging).put(source, 0, count);
    memory.upload(this, staging, 2L * count);
  }

  @Override
  public float[] downloadFloats(int count) {
    require(ElementType.F32, count);
    float[] result = new float[count];
    Pointer staging = memory.staging(4L * count);
    memory.download(staging, this, 4L * count);
    new FloatPointer(staging).get(result);
    return result;
  }

  @Override
  public double[] downloadDoubles(int count) {
    require(ElementType.F64, count);
    double[] result = new double[count];
    Pointer staging = memory.staging(8L * count);
    memory.download(staging, this, 8L * count);
    new DoublePointer(staging).get(result);
    return result;
  }

  @Override
  public void zero() {
    memory.zero(this);
  }

  @Override
  public void close() {
    if (owned && pointer != null) {
      memory.free(pointer);
    }
    pointer = null;
  }

  private void require(ElementType wanted, long count) {
    if (type() != wanted) {
      throw new IllegalArgumentException("the buffer holds " + type() + ", not " + wanted);
    }
    if (count < 0 || count > length()) {
      throw new IllegalArgumentException(
          "more elements than a buffer of " + length() + " holds, or fewer than none");
    }
  }
}
