package dev.sotto.checkpoint;

import dev.sotto.base.InputException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * One tensor of a memory-mapped file. Nothing is copied until it is asked for.
 *
 * @param name name in the file, such as {@code model.embed_tokens.weight}
 * @param dtype element type
 * @param shape sizes, outermost first; empty for a scalar; owned by this view, not to be changed
 * @param data the elements, or their quantised blocks, in row-major order, little-endian,
 *     read-only, direct; it stays valid after the file is closed
 * @param file the file it came from, for error messages
 */
public record TensorView(String name, DataType dtype, long[] shape, ByteBuffer data, Path file) {

  /**
   * Number of elements.
   *
   * @return the product of the shape; 1 for a scalar
   */
  public long size() {
    long size = 1;
    for (long extent : shape) {
      size *= extent;
    }
    return size;
  }

  /**
   * The same tensor after a check of its shape.
   *
   * @param asker what asks for the sizes, for the message
   * @param expected the sizes asked for
   * @return this
   * @throws InputException if the shape differs
   */
  public TensorView requireShape(String asker, long... expected) {
    if (!Arrays.equals(shape, expected)) {
      throw new InputException(
          file
              + ": tensor '"
              + name
              + "' has shape "
              + Arrays.toString(shape)
              + " but "
              + asker
              + " asks for "
              + Arrays.toString(expected)
              + "; the checkpoint and its configuration do not belong together");
    }
    return this;
  }

  /**
   * Copies all elements as single precision into a buffer, from its position on.
   *
   * @param target room for {@link #size()} elements; its position advances by that much
   * @throws InputException if the type is not a floating-point type of weights, or an element is
   *     NaN or infinite: such a weight would poison every result silently
   */
  public void readFloats(FloatBuffer target) {
    requireFloat();
    int count = Math.toIntExact(size());
    int start = target.position();
    if (dtype == DataType.F32) {
      target.put(data.asFloatBuffer());
    } else {
      var halves = data.asShortBuffer();
      for (int i = 0; i < count; i++) {
        short bits = halves.get(i);
        target.put(
            dtype == DataType.F16 ? FloatFormats.fromF16(bits) : FloatFormats.fromBf16(bits));
      }
    }
    for (int i = 0; i < count; i++) {
      float value = target.get(start + i);
      if (!Float.isFinite(value)) {
        throw new InputException(
            file
                + ": tensor '"
                + name
                + "' holds "
                + value
                + " at element "
                + i
                + "; the weights are damaged, fetch or train the model again");
      }
    }
  }

  private void requireFloat() {
    if (!dtype.isFloat()) {
      throw new InputException(
          file + ": tensor '" + name + "' is " + dtype + "; weights must be F32, F16 or BF16");
    }
  }

  /**
   * Copies some elements as bfloat16, rounded to the nearest, ties to even.
   *
   * @param from the first element to copy
   * @param target takes the bits, from index 0 on
   * @param count how many
   */
  public void readBf16(int from, short[] target, int count) {
    if (dtype == DataType.F32) {
      FloatBuffer floats = data.asFloatBuffer();
      for (int i = 0; i < count; i++) {
        target[i] = FloatFormats.toBf16(floats.get(from + i));
      }
      return;
    }
    ShortBuffer halves = data.asShortBuffer();
    halves.get(from, target, 0, count);
    for (int i = 0; dtype == DataType.F16 && i < count; i++) {
      target[i] = FloatFormats.toBf16(FloatFormats.fromF16(target[i]));
    }
  }

  /**
   * Rounds to bfloat16, to the nearest, ties to even.
   *
   * @param values to be rounded
   * @param target takes as many bits, from index 0 on
   */
  public static void roundToBf16(float[] values, short[] target) {
    for (int i = 0; i < values.length; i++) {
      target[i] = FloatFormats.toBf16(values[i]);
    }
  }

  /**
   * Copies all elements as single precision.
   *
   * @return a new array of {@link #size()} elements, row-major
   * @throws InputException as {@link #readFloats(FloatBuffer)}
   */
  public float[] toFloats() {
    requireFloat();
    float[] values = new float[Math.toIntExact(size())];
    readFloats(FloatBuffer.wrap(values));
    return values;
  }

  /**
   * Copies the elements of an I32 or I64 tensor.
   *
   * @return a new array of {@link #size()} elements, row-major
   * @throws InputException if the type is another
   */
  public long[] toLongs() {
    if (dtype != DataType.I64 && dtype != DataType.I32) {
      throw new InputException(
          file + ": tensor '" + name + "' is " + dtype + "; integers must be I32 or I64");
    }
    long[] values = new long[Math.toIntExact(size())];
    if (dtype == DataType.I64) {
      data.asLongBuffer().get(values);
    } else {
      var ints = data.asIntBuffer();
      for (int i = 0; i < values.length; i++) {
        values[i] = ints.get(i);
      }
    }
    return values;
  }
}
