package dev.sotto.model;

import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.TransformerKernels;
import dev.sotto.compute.TransformerKernels.GateAndUp;
import dev.sotto.gradient.GradientSink;
import dev.sotto.model.TransformerConfig.MlpSpec;
import java.util.List;

/** The feed-forward branch with its projections; gate and up stand side by side in a row. */
final class MlpLayer implements ResidualBranch.Layer {
  private final TransformerKernels kernels;
  private final MlpSpec spec;
  private final BlockBuffers buffers;
  private final SharedBuffers shared;
  private final List<Linear> gateUp;
  private final Linear down;

  /**
   * Plans an MLP.
   *
   * @param gateUp projections side by side: gate and up, or up alone
   * @param down projection back
   */
  MlpLayer(
      MlpSpec spec, List<Linear> gateUp, Linear down, BlockBuffers buffers, SharedBuffers shared) {
    kernels = shared.backend().transformer();
    this.spec = spec;
    this.gateUp = gateUp;
    this.down = down;
    this.buffers = buffers;
    this.shared = shared;
  }

  @Override
  public void forward(DeviceBatch batch, DeviceBuffer x, DeviceBuffer y) {
    int rows = batch.rows();
    long column = 0;
    for (Linear linear : gateUp) {
      linear.forward(rows, x, tail(buffers.gateUp, column), spec.gateUpWidth());
      column += linear.out();
    }
    if (spec.gated()) {
      kernels.gatedActivationForward(
          spec.activation(), rows, spec.innerSize(), sideBySide(buffers.gateUp), buffers.activated);
    } else {
      kernels.activationForward(
          spec.activation(), (long) rows * spec.innerSize(), buffers.gateUp, buffers.activated);
    }
    down.forward(rows, buffers.activated, y, shared.channels());
  }

  @Override
  public void backward(
      DeviceBatch batch,
      DeviceBuffer x,
      DeviceBuffer dy,
      DeviceBuffer dx,
      boolean add,
      GradientSink sink) {
    int rows = batch.rows();
    down.backward(
        batch.units(), buffers.activated, dy, shared.channels(), shared.dInner(), false, sink);
    DeviceBuffer dGateUp = shared.dInner();
    if (spec.gated()) {
      dGateUp = shared.dGateUp();
      kernels.gatedActivationBackward(
          spec.activation(),
          rows,
          spec.innerSize(),
          sideBySide(buffers.gateUp),
          shared.dInner(),
          sideBySide(dGateUp));
    } else {
      kernels.activationBackward(
          spec.activation(), (long) rows * spec.innerSize(), buffers.gateUp, dGateUp, dGateUp);
    }
    long column = 0;
    boolean further = add;
    for (Linear linear : gateUp) {
      linear.backward(
          batch.units(), x, tail(dGateUp, column), spec.gateUpWidth(), dx, further, sink);
      column += linear.out();
      further = true;
    }
  }

  private GateAndUp sideBySide(DeviceBuffer gateUp) {
    return new GateAndUp(gateUp, tail(gateUp, spec.innerSize()), spec.gateUpWidth());
  }

  private static DeviceBuffer tail(DeviceBuffer buffer, long offset) {
    return offset == 0 ? buffer : buffer.slice(offset, buffer.length() - offset);
  }
}
