package dev.sotto.control.learn;

import java.nio.DoubleBuffer;
import org.nd4j.linalg.api.blas.params.MMulTranspose;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.OpContext;
import org.nd4j.linalg.api.ops.impl.reduce.Mmul;
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
    // On the module path ND4J lies on the class path beside it, which a module reads when it asks
    // to.
    Class<?> self = Matrix.class;
    self.getModule().addReads(self.getClassLoader().getUnnamedModule());
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

  /**
   * The product of two matrices, to be computed as often as they change.
   *
   * <p>Prepared once, since ND4J would otherwise make a native object at every call, and JavaCPP
   * weighs the whole process at each of those.
   */
  static final class Product implements AutoCloseable {
    private final Mmul operation;
    private final OpContext context;

    /**
     * Prepares result = left * right, each transposed first if wanted.
     *
     * @param result overwritten; none of the factors
     */
    Product(
        Matrix left, boolean transposeLeft, Matrix right, boolean transposeRight, Matrix result) {
      operation =
          new Mmul(
              left.array,
              right.array,
              result.array,
              1,
              0,
              MMulTranspose.builder().transposeA(transposeLeft).transposeB(transposeRight).build());
      context = Nd4j.getExecutioner().buildContext();
      context.setInputArrays(left.array, right.array);
      context.setOutputArrays(result.array);
      context.setIArguments(operation.iArgs());
      context.setTArguments(operation.tArgs());
    }

    /** Computes it from the factors as they are. */
    void compute() {
      Nd4j.exec(operation, context);
    }

    @Override
    public void close() {
      try {
        context.close();
      } catch (Exception e) {
        throw new IllegalStateException("a native context could not be freed", e);
      }
    }
  }

  /** Frees the memory; parts of it must not be used any more. */
  @Override
  public void close() {
    array.close();
  }
}
