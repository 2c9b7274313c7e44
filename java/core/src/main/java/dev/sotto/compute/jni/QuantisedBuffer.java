package dev.sotto.compute.jni;

import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.StorageType;
import org.bytedeco.javacpp.Pointer;

/**
 * A frozen matrix in quantised blocks in host memory, where a file is mapped. Its values stand in
 * memory that all such matrices share while a product reads them.
 */
final class QuantisedBuffer extends DeviceBuffer {
  private final NativeMemory memory;
  private final StorageType storage;
  private Pointer blocks;

  /** Makes room for the values, so that a step allocates none. */
  QuantisedBuffer(NativeMemory memory, StorageType storage, Pointer blocks, long length) {
    super(ElementType.QUANTISED, length);
    this.memory = memory;
    this.storage = storage;
    this.blocks = blocks;
    memory.roomToUnpack(length);
  }

  /**
   * The values, until the next matrix is unpacked.
   *
   * @param asker the memory of the backend that asks
   */
  DeviceBuffer unpacked(NativeMemory asker) {
    if (blocks == null) {
      throw new IllegalArgumentException("the buffer was closed");
    }
    if (asker != memory) {
      throw new IllegalArgumentException(
          "a buffer of another backend was given to this one: copy it over");
    }
    NativeBuffer values = memory.roomToUnpack(length());
    memory.convert(storage, blocks, length(), values);
    return values.slice(0, length());
  }

  @Override
  public float[] downloadFloats(int count) {
    return unpacked(memory).downloadFloats(count);
  }

  @Override
  public void close() {
    blocks = null;
  }

  @Override
  protected DeviceBuffer view(long offset, long count) {
    throw readOnly();
  }

  @Override
  public void upload(float[] source, int count) {
    throw readOnly();
  }

  @Override
  public void upload(double[] source, int count) {
    throw readOnly();
  }

  @Override
  public void upload(int[] source, int count) {
    throw readOnly();
  }

  @Override
  public void upload(short[] source, int count) {
    throw readOnly();
  }

  @Override
  public double[] downloadDoubles(int count) {
    throw readOnly();
  }

  @Override
  public void zero() {
    throw readOnly();
  }

  private static IllegalArgumentException readOnly() {
    return new IllegalArgumentException("quantised weights are read whole, and never changed");
  }
}
