package dev.sotto.model;

import dev.sotto.compute.Backend;
import dev.sotto.compute.DenseAlgebra;
import dev.sotto.compute.DenseAlgebra.Product;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.LoraShape;
import dev.sotto.compute.PrivateKernels.PairFactors;
import dev.sotto.compute.PrivateKernels.Units;
import dev.sotto.compute.Rows;
import dev.sotto.gradient.Factors;
import dev.sotto.gradient.GradientSink;

/**
 * One projection of one pass: a frozen product, and the LoRA pair beside it where there is one. x
 * is [N,Cin]; y is the first Cout columns of rows {@code ldy} apart.
 */
final class Linear {
  private final Backend backend;
  private final LinearWeights weights;
  private final WeightGradients weightGradients;
  private final int pair;
  private final LoraShape shape;
  private final boolean frozenA;
  private final DeviceBuffer a;
  private final DeviceBuffer b;
  private final DeviceBuffer u;
  private final DeviceBuffer du;

  /**
   * Plans one projection.
   *
   * @param lora adapters, or null
   * @param weightGradients where gradients of the weights go in full training, or null
   * @param rows token capacity
   * @param sharedU where u goes when it need not be kept for a backward pass, else null
   * @param du scratch [rows, R] shared by all projections
   */
  Linear(
      Backend backend,
      LinearWeights weights,
      LoraAdapters lora,
      WeightGradients weightGradients,
      int rows,
      DeviceBuffer sharedU,
      DeviceBuffer du) {
    this.backend = backend;
    this.weightGradients = weightGradients;
    this.du = du;
    this.weights = weights;
    pair = lora == null ? -1 : lora.pairOf(weights.module());
    frozenA = pair >= 0 && lora.frozenA().isPresent();
    if (pair < 0) {
      shape = null;
      a = null;
      b = null;
      u = null;
      return;
    }
    shape = lora.shape(pair);
    a = lora.a(pair);
    b = lora.b(pair);
    u = sharedU != null ? sharedU : backend.allocate(ElementType.F32, (long) rows * shape.rank());
  }

  int out() {
    return weights.out();
  }

  boolean adapted() {
    return pair >= 0;
  }

  void forward(int rows, DeviceBuffer x, DeviceBuffer y, long ldy) {
    boolean transposed = !weights.inByOut();
    int in = weights.in();
    int out = weights.out();
    Rows result = new Rows(y, ldy);
    backend
        .dense()
        .gemm(
            new Product(false, transposed, rows, out, in),
            1f,
            new Rows(x, in),
            new Rows(weights.weight(), transposed ? in : out),
            0f,
            result,
            weights.bias());
    if (adapted()) {
      backend.transformer().loraForward(shape, rows, x, a, b, u, result);
    }
  }

  /**
   * The backward pass: per-sample gradients of the pair, gradients of the weights in full training,
   * and dx.
   *
   * @param units row ranges of the privacy units
   * @param x input of the forward pass
   * @param dy gradient of the output
   * @param dx gradient of the input, [N,Cin]; null where nothing below needs it
   * @param add whether dx is added to rather than overwritten
   * @param sink takes the pair's factors; null without adapters
   */
  void backward(
      Units units,
      DeviceBuffer x,
      DeviceBuffer dy,
      long lddy,
      DeviceBuffer dx,
      boolean add,
      GradientSink sink) {
    boolean transposed = !weights.inByOut();
    int in = weights.in();
    int out = weights.out();
    int rows = (int) units.rows();
    Rows dOut = new Rows(dy, lddy);
    DenseAlgebra dense = backend.dense();
    if (dx != null) {
      dense.gemm(
          new Product(false, !transposed, rows, in, out),
          1f,
          dOut,
          new Rows(weights.weight(), transposed ? in : out),
          add ? 1f : 0f,
          new Rows(dx, in),
          null);
    }
    if (adapted() && sink != null) {
      if (!frozenA || dx != null) { // du is for the gradient of A, and on the way to dx
        backend.transformer().loraBackward(shape, rows, dOut, a, b, du, dx);
      }
      sink.accept(
          pair,
          frozenA
              ? new Factors.FrozenA(shape, units, u, dOut)
              : new Factors.LowRank(new PairFactors(shape, units, x, u, dOut, du)));
    }
    if (weightGradients != null) {
      DeviceBuffer gradient = weightGradients.of(weights.weight());
      if (transposed) {
        Product product = Product.ofTransposed(out, in, rows);
        dense.gemm(product, 1f, dOut, new Rows(x, in), 1f, new Rows(gradient, in), null);
      } else {
        Product product = Product.ofTransposed(in, out, rows);
        dense.gemm(product, 1f, new Rows(x, in), dOut, 1f, new Rows(gradient, out), null);
      }
      if (weights.bias() != null) {
        dense.columnSum(rows, out, dOut, weightGradients.of(weights.bias()));
      }
    }
  }

  void close(DeviceBuffer sharedU) {
    if (u != null && u != sharedU) {
      u.close();
    }
  }
}
