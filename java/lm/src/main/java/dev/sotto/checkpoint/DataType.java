package dev.sotto.checkpoint;

/**
 * Element types that a checkpoint may hold, with their size in bytes.
 *
 * <p>Those of safetensors are all recognised, because an unmodified checkpoint may carry buffers of
 * odd types that nobody reads; only those with {@link #isFloat()} can be read as weights. Those of
 * {@link #isQuantised()} come from GGUF files alone.
 */
public enum DataType {
  /** IEEE 754 single precision. */
  F32(4),
  /** IEEE 754 half precision. */
  F16(2),
  /** The upper half of an IEEE 754 single: eight bits of exponent, seven of fraction. */
  BF16(2),
  /** IEEE 754 double precision. */
  F64(8),
  /** Signed 64-bit integer. */
  I64(8),
  /** Signed 32-bit integer. */
  I32(4),
  /** Signed 16-bit integer. */
  I16(2),
  /** Signed 8-bit integer. */
  I8(1),
  /** Unsigned 64-bit integer. */
  U64(8),
  /** Unsigned 32-bit integer. */
  U32(4),
  /** Unsigned 16-bit integer. */
  U16(2),
  /** Unsigned 8-bit integer. */
  U8(1),
  /** Truth value in one byte. */
  BOOL(1),
  /** Eight-bit floating point with four bits of exponent. */
  F8_E4M3(1),
  /** Eight-bit floating point with five bits of exponent. */
  F8_E5M2(1),
  /** Eight-bit scale, a power of two. */
  F8_E8M0(1),
  /** ggml's blocks, as {@link dev.sotto.compute.StorageType} describes them. */
  Q4_0,
  /** The same. */
  Q4_1,
  /** The same. */
  Q5_0,
  /** The same. */
  Q5_1,
  /** The same. */
  Q8_0,
  /** The same. */
  Q2_K,
  /** The same. */
  Q3_K,
  /** The same. */
  Q4_K,
  /** The same. */
  Q5_K,
  /** The same. */
  Q6_K,
  /** The same. */
  IQ4_NL,
  /** The same. */
  IQ4_XS,
  /** Any other type, such as one below a byte: its size is what the file's offsets say. */
  OTHER(0);

  private final int bytes;
  private final boolean quantised;

  DataType(int bytes) {
    this.bytes = bytes;
    quantised = false;
  }

  DataType() {
    bytes = 0;
    quantised = true;
  }

  /**
   * Size of one element.
   *
   * @return bytes per element, 1 to 8; 0 where unknown or not whole
   */
  public int bytes() {
    return bytes;
  }

  /**
   * Whether weights can be read from this type.
   *
   * @return true for F32, F16 and BF16
   */
  public boolean isFloat() {
    return this == F32 || this == F16 || this == BF16;
  }

  /**
   * Whether values stand in blocks that share scales, to be unpacked by a backend.
   *
   * @return true for Q4_0 to IQ4_XS
   */
  public boolean isQuantised() {
    return quantised;
  }

  /**
   * Whether it is a floating-point type of 16 bits or more, which parameters are stored in.
   *
   * @return true for F64 and where {@link #isFloat()}
   */
  public boolean isWide() {
    return isFloat() || this == F64;
  }

  /**
   * The type of a safetensors {@code dtype} field.
   *
   * @param name the field's value, case-sensitive as in the format
   * @return the type; {@link #OTHER} when the name is unknown
   */
  static DataType ofName(String name) {
    for (DataType type : values()) {
      if (!type.quantised && type.name().equals(name)) {
        return type;
      }
    }
    return OTHER;
  }
}
