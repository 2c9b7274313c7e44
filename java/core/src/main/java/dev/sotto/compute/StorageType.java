package dev.sotto.compute;

/** How a weight is stored in a file. Kernels compute in {@link ElementType#F32}. */
public enum StorageType {
  /** IEEE single precision. */
  F32(4),
  /** IEEE half precision. */
  F16(2),
  /** The upper half of a single: 8 bits of exponent, 7 of fraction. */
  BF16(2);

  private final int bytes;

  StorageType(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }
}
