package dev.sotto.checkpoint;

import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * One tensor to be written.
 *
 * @param dtype type in the file: F32, F16 or BF16; narrowing rounds to nearest, ties to even
 * @param shape sizes, outermost first; not changed afterwards
 * @param values the elements in row-major order, from the buffer's position to its limit; read
 *     only, the position is left alone
 */
public record TensorData(DataType dtype, long[] shape, FloatBuffer values) {
  /**
   * Checks the parts against each other.
   *
   * @throws IllegalArgumentException if the type is not writable, or the number of values is not
   *     the product of the shape
   */
  public TensorData {
    if (!dtype.isFloat()) {
      throw new IllegalArgumentException("cannot write tensors of type " + dtype);
    }
    long size = 1;
    for (long length : shape) {
      if (length < 0) {
        throw new IllegalArgumentException("negative size in shape " + Arrays.toString(shape));
      }
      size = Math.multiplyExact(size, length);
    }
    if (size != values.remaining()) {
      throw new IllegalArgumentException(
          values.remaining() + " values for the shape " + Arrays.toString(shape));
    }
  }

  /**
   * A single-precision tensor over an array, which is not copied.
   *
   * @param values the elements in row-major order
   * @param shape sizes, outermost first
   * @return the tensor
   * @throws IllegalArgumentException if the number of values is not the product of the shape
   */
  public static TensorData f32(float[] values, long... shape) {
    return new TensorData(DataType.F32, shape, FloatBuffer.wrap(values));
  }

  /** Bytes the tensor takes in the file. */
  long bytes() {
    return (long) values.remaining() * dtype.bytes();
  }
}
