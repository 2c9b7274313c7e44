package dev.sotto.compute;

/** What a {@link DeviceBuffer} holds. */
public enum ElementType {
  /** IEEE single precision, 4 bytes. */
  F32(4),
  /** IEEE double precision, 8 bytes. */
  F64(8),
  /** Signed 32-bit integer, 4 bytes. */
  I32(4),
  /** The upper half of a single, 2 bytes: frozen matrices only. */
  BF16(2),
  /** Blocks of a {@link StorageType}, 0 bytes of the device's own: frozen matrices only. */
  QUANTISED(0);

  private final int bytes;

  ElementType(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }
}
