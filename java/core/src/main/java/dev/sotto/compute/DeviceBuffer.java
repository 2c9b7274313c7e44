package dev.sotto.compute;

/**
 * A run of elements in a backend's memory. A buffer made by {@link Backend#allocate} owns its
 * memory and frees it in {@link #close}; a {@link #slice} borrows it and must not outlive it.
 * Buffers are not thread-safe.
 */
public abstract class DeviceBuffer implements AutoCloseable {
  private final ElementType type;
  private final long length;

  /**
   * For backends.
   *
   * @param type element type
   * @param length elements, at least 0
   */
  protected DeviceBuffer(ElementType type, long length) {
    this.type = type;
    this.length = length;
  }

  /** Element type. */
  public final ElementType type() {
    return type;
  }

  /** Number of elements. */
  public final long length() {
    return length;
  }

  /** Bytes of device memory this buffer spans. */
  public final long bytes() {
    return length * type.bytes();
  }

  /**
   * A view of {@code count} elements from {@code offset}; it shares memory with this buffer.
   *
   * @throws IllegalArgumentException if the range is not inside this buffer
   */
  public final DeviceBuffer slice(long offset, long count) {
    if (offset < 0 || count < 0 || offset > length - count) {
      throw new IllegalArgumentException(
          "slice [" + offset + ", " + offset + "+" + count + ") of a buffer of " + length);
    }
    return view(offset, count);
  }

  /** The view behind {@link #slice}; the range has been checked. */
  protected abstract DeviceBuffer view(long offset, long count);

  /**
   * Copies the first {@code count} values from the host to the front of this {@link
   * ElementType#F32} buffer.
   *
   * @throws IllegalArgumentException if they do not fit or the type differs
   */
  public abstract void upload(float[] source, int count);

  /** Copies all of {@code source}; see {@link #upload(float[], int)}. */
  public final void upload(float[] source) {
    upload(source, source.length);
  }

  /** The same for {@link ElementType#F64}; see {@link #upload(float[], int)}. */
  public abstract void upload(double[] source, int count);

  /** The same for {@link ElementType#I32}; see {@link #upload(float[], int)}. */
  public abstract void upload(int[] source, int count);

  /** The same for {@link ElementType#BF16}, as bits; see {@link #upload(float[], int)}. */
  public abstract void upload(short[] source, int count);

  /**
   * Copies {@code count} floats from the front of this {@link ElementType#F32} buffer to the host.
   */
  public abstract float[] downloadFloats(int count);

  /**
   * Copies {@code count} doubles from the front of this {@link ElementType#F64} buffer to the host.
   */
  public abstract double[] downloadDoubles(int count);

  /** Sets every element to zero. */
  public abstract void zero();

  /** Frees the memory if this buffer owns it; further use fails. Closing twice is harmless. */
  @Override
  public abstract void close();
}
