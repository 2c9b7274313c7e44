package dev.sotto.model;

import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.gradient.GradientSink;
import dev.sotto.model.TransformerConfig.BlockSpec;
import dev.sotto.model.TransformerConfig.NormPlace;

/**
 * A branch of a block and its norms: what it computes of the residual stream is added to the stream
 * ({@link NormPlace}).
 *
 * <p>The backward pass carries one gradient, that of the stream, and lets the branch add to it in
 * place; the norms' backward kernels add for this reason.
 */
final class ResidualBranch {
  /** What a branch computes, [N,C] to [N,C]. */
  interface Layer {
    void forward(DeviceBatch batch, DeviceBuffer x, DeviceBuffer y);

    /**
     * Per-sample gradients, and dx.
     *
     * @param x the input of the forward pass
     * @param dy gradient of the output; read before anything is written to dx
     * @param dx gradient of the input; null where nothing below needs it
     * @param add whether dx is added to rather than overwritten
     */
    void backward(
        DeviceBatch batch,
        DeviceBuffer x,
        DeviceBuffer dy,
        DeviceBuffer dx,
        boolean add,
        GradientSink sink);
  }

  private final Backend backend;
  private final Layer layer;
  private final BranchBuffers buffers;
  private final SharedBuffers shared;
  private final int channels;
  private final NormLayer input;
  private final NormLayer output;
  private final NormLayer sum;

  ResidualBranch(
      Layer layer,
      BlockSpec block,
      LayerWeights.BranchNorms norms,
      WeightGradients gradients,
      BranchBuffers buffers,
      SharedBuffers shared) {
    this.backend = shared.backend();
    this.layer = layer;
    this.buffers = buffers;
    this.shared = shared;
    channels = shared.channels();
    NormPlace place = block.place();
    NormLayer first = new NormLayer(backend, channels, block.norm(), norms.norm(), gradients);
    input = place.input() ? first : null;
    sum = place.sum() ? first : null;
    NormLayer second =
        norms.output() == null
            ? first
            : new NormLayer(backend, channels, block.norm(), norms.output(), gradients);
    output = place.output() ? second : null;
  }

  /**
   * The stream with the branch added.
   *
   * @param x what the branch reads
   * @param stream what it is added to
   * @param y another buffer than both, unless the branch norms what it reads: then it may be x
   */
  void forward(DeviceBatch batch, DeviceBuffer x, DeviceBuffer stream, DeviceBuffer y) {
    int rows = batch.rows();
    if (input != null) {
      input.forward(rows, x, buffers.input(), buffers.inputStatistics());
    }
    layer.forward(batch, read(x), output == null ? y : buffers.output());
    if (output != null) {
      output.forward(rows, buffers.output(), y, buffers.outputStatistics());
    }
    DeviceBuffer total = sum == null ? y : buffers.sum();
    backend.dense().add((long) rows * channels, y, stream, total);
    if (sum != null) {
      sum.forward(rows, buffers.sum(), y, buffers.sumStatistics());
    }
  }

  private DeviceBuffer read(DeviceBuffer x) {
    return input == null ? x : buffers.input();
  }

  /**
   * Turns {@code d}, the gradient of the sum, into that of the stream, and adds the gradient of x
   * to {@code dx}.
   *
   * @param x what the branch read
   * @param dx may be d; null where nothing below needs it
   */
  void backward(
      DeviceBatch batch, DeviceBuffer x, DeviceBuffer d, DeviceBuffer dx, GradientSink sink) {
    int rows = batch.rows();
    if (sum != null) {
      DeviceBuffer dSum = zeroed(rows);
      sum.backward(rows, d, buffers.sum(), buffers.sumStatistics(), dSum);
      clear(d, rows);
      backend.dense().add((long) rows * channels, d, dSum, d);
    }
    DeviceBuffer dy = d;
    if (output != null) {
      dy = zeroed(rows);
      output.backward(rows, d, buffers.output(), buffers.outputStatistics(), dy);
    }
    if (input == null || dx == null) {
      layer.backward(batch, read(x), dy, dx, true, sink);
    } else {
      layer.backward(batch, read(x), dy, shared.dNorm(), false, sink);
      input.backward(rows, shared.dNorm(), x, buffers.inputStatistics(), dx);
    }
  }

  private DeviceBuffer zeroed(int rows) {
    clear(shared.dBranch(), rows);
    return shared.dBranch();
  }

  private void clear(DeviceBuffer buffer, int rows) {
    buffer.slice(0, (long) rows * channels).zero();
  }
}
