package dev.sotto.control.learn;

import java.nio.DoubleBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * A matrix of doubles outside the heap, stored column by column. A batch is kept with one example a
 * column, so that its memory is a plain {@code batch x features} array.
 *
 * <p>The only class that calls ND4J, and for products only: a call costs ten microseconds whatever
 * its size, a loop over the same memory far less.
 */
final class Matrix implements AutoCloseable {
  static {
    // For matrices this small threads cost more than they give, and a fixed order of sums keeps
    // results the same. ND4J's start sets the process-wide OpenBLAS to all cores, under the feet of
    // the training step, which brings its own threads: one is put back.
    Nd4j.getEnvironment().setMaxMasterThreads(1);
    Nd4j.getEnvironment().setMaxThreads(1);
    Nd4j.factory().blas().setMaxThreads(1);
  }

  private final INDArray array;
  private final DoubleBuffer memory;

  private Matrix(INDArray array, DoubleBuffer memory) {
    this.array = array;
    this.memory = memory;
  }

  /** Zeros. */
  static Matrix zeros(int rows, int columns) {
    INDArray array = Nd4j.create(DataType.DOUBLE, new long[] {rows, columns}, 'f');
    return new Matrix(array, array.data().asNioDouble());
  }

  /** A matrix of its own shape over the part of this one's memory that starts at {@code offset}. */
  Matrix part(int offset, int rows, int columns) {
    INDArray flat = array.reshape('f', false, memory.capacity());
    return new Matrix(
        flat.get(NDArrayIndex.interval(offset, offset + rows * columns))
            .reshape('f', false, rows, columns),
        memory.slice(offset, rows * columns));
  }

  /** This memory itself, in storage order. */
  DoubleBuffer memory() {
    return memory;
  }

  /** Entries. */
  int size() {
    return memory.capacity();
  }

  /** A copy of the entries, in storage order. */
  double[] get() {
    double[] values = new double[memory.capacity()];
    memory.get(0, values);
    return values;
  }

  /** Sets all entries, in storage order. */
  void set(double[] values) {
    if (values.length != memory.capacity()) {
      throw new IllegalArgumentException(
          "expected " + memory.capacity() + " numbers, got " + values.length);
    }
    memory.put(0, values);
  }

  /** result = left * right. */
  static void multiply(Matrix left, Matrix right, Matrix result) {
    Nd4j.gemm(left.array, right.array, result.array, false, false, 1, 0);
  }

  /** result = left^T * right. */
  static void multiplyTransposedLeft(Matrix left, Matrix right, Matrix result) {
    Nd4j.gemm(left.array, right.array, result.array, true, false, 1, 0);
  }

  /** result = left * right^T. */
  static void multiplyTransposedRight(Matrix left, Matrix right, Matrix result) {
    Nd4j.gemm(left.array, right.array, result.array, false, true, 1, 0);
  }

  /** Frees the memory; parts of it must not be used any more. */
  @Override
  public void close() {
    array.close();
  }
}
