package dev.sotto.compute;

/**
 * How a weight is stored in a file. Kernels compute in {@link ElementType#F32}.
 *
 * <p>The types of more than one value a block are ggml's quantised ones: values of a few bits share
 * scales. {@code native/src/common/quantised.h} says what they stand for.
 */
public enum StorageType {
  /** IEEE single precision. */
  F32(1, 4),
  /** IEEE half precision. */
  F16(1, 2),
  /** The upper half of a single: 8 bits of exponent, 7 of fraction. */
  BF16(1, 2),
  /** 4 bits a value around 0, a scale for 32. */
  Q4_0(32, 18),
  /** 4 bits a value, a scale and a minimum for 32. */
  Q4_1(32, 20),
  /** 5 bits a value around 0, a scale for 32. */
  Q5_0(32, 22),
  /** 5 bits a value, a scale and a minimum for 32. */
  Q5_1(32, 24),
  /** 8 bits a value, a scale for 32. */
  Q8_0(32, 34),
  /** 2 bits a value, scales and minima for 16. */
  Q2_K(256, 84),
  /** 3 bits a value, a scale for 16. */
  Q3_K(256, 110),
  /** 4 bits a value, scales and minima for 32. */
  Q4_K(256, 144),
  /** 5 bits a value, scales and minima for 32. */
  Q5_K(256, 176),
  /** 6 bits a value, a scale for 16. */
  Q6_K(256, 210),
  /** 4 bits a value that index a table, a scale for 32. */
  IQ4_NL(32, 18),
  /** The same with scales in fewer bits. */
  IQ4_XS(256, 136);

  private final int blockLength;
  private final int blockBytes;

  StorageType(int blockLength, int blockBytes) {
    this.blockLength = blockLength;
    this.blockBytes = blockBytes;
  }

  /** Values that are stored together: 1, or those of a quantised block. */
  public int blockLength() {
    return blockLength;
  }

  /** Bytes of {@code values} values, a multiple of {@link #blockLength}. */
  public long bytes(long values) {
    return values / blockLength * blockBytes;
  }

  /** Values in {@code bytes} bytes. */
  public long values(long bytes) {
    return bytes / blockBytes * blockLength;
  }
}
