package dev.sotto.model;

import dev.sotto.compute.DeviceBuffer;
import dev.sotto.gradient.GradientSink;
import dev.sotto.model.TransformerConfig.BlockSpec;
import dev.sotto.model.TransformerConfig.NormPlace;
import java.util.ArrayList;
import java.util.List;

/** One block: attention and MLP, one after the other or side by side ({@link NormPlace}). */
final class TransformerBlock {
  private final BlockBuffers buffers;
  private final SharedBuffers shared;
  private final boolean parallel;
  private final ResidualBranch attention;
  private final ResidualBranch mlp;
  private final List<Linear> linears = new ArrayList<>();

  TransformerBlock(
      BlockSpec block,
      LayerWeights weights,
      LoraAdapters lora,
      WeightGradients gradients,
      BlockBuffers buffers,
      SharedBuffers shared) {
    this.buffers = buffers;
    this.shared = shared;
    parallel = block.place() == NormPlace.PARALLEL;
    List<Linear> queryKeyValue = planned(weights.attention().queryKeyValue(), lora, gradients);
    Linear output = planned(List.of(weights.attention().output()), lora, gradients).get(0);
    attention =
        new ResidualBranch(
            new AttentionLayer(block, weights.attention(), queryKeyValue, output, buffers, shared),
            block,
            weights.attention().norms(),
            gradients,
            buffers.attention,
            shared);
    List<Linear> gateUp = planned(weights.mlp().gateUp(), lora, gradients);
    Linear down = planned(List.of(weights.mlp().down()), lora, gradients).get(0);
    mlp =
        new ResidualBranch(
            new MlpLayer(block.mlp(), gateUp, down, buffers, shared),
            block,
            weights.mlp().norms(),
            gradients,
            buffers.mlp,
            shared);
  }

  private List<Linear> planned(
      List<LinearWeights> weights, LoraAdapters lora, WeightGradients gradients) {
    List<Linear> planned =
        weights.stream()
            .map(
                w ->
                    new Linear(
                        shared.backend(),
                        w,
                        lora,
                        gradients,
                        shared.rows(),
                        shared.sharedU(),
                        shared.du()))
            .toList();
    linears.addAll(planned);
    return planned;
  }

  /** Whether any projection of this block has a LoRA pair. */
  boolean adapted() {
    return linears.stream().anyMatch(Linear::adapted);
  }

  /** From {@code x} [N,C] to {@code y} [N,C], which may be the same buffer. */
  void forward(DeviceBatch batch, DeviceBuffer x, DeviceBuffer y) {
    attention.forward(batch, x, x, buffers.middle);
    mlp.forward(batch, parallel ? x : buffers.middle, buffers.middle, y);
  }

  /**
   * Turns {@code d}, the gradient of y, into the gradient of x.
   *
   * @param x the block's input
   * @param inputNeeded whether anything below has parameters to train
   */
  void backward(
      DeviceBatch batch, DeviceBuffer x, DeviceBuffer d, boolean inputNeeded, GradientSink sink) {
    if (!parallel) {
      mlp.backward(batch, buffers.middle, d, d, sink);
      attention.backward(batch, x, d, inputNeeded ? d : null, sink);
      return;
    }
    // Both branches start from the gradient of the sum, so what they give for x waits beside it.
    long count = (long) batch.rows() * shared.channels();
    DeviceBuffer dx = inputNeeded ? shared.dBranch().slice(0, count) : null;
    if (inputNeeded) {
      dx.zero();
    }
    mlp.backward(batch, x, d, dx, sink);
    attention.backward(batch, x, d, dx, sink);
    if (inputNeeded) {
      shared.backend().dense().add(count, d, dx, d);
    }
  }

  void close() {
    linears.forEach(linear -> linear.close(shared.sharedU()));
  }
}
