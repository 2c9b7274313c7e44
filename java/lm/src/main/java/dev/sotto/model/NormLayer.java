package dev.sotto.model;

import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.Rows;
import dev.sotto.compute.TransformerKernels.LayerNormArguments;
import dev.sotto.compute.TransformerKernels.RmsNormArguments;
import dev.sotto.model.TransformerConfig.NormSpec;

/**
 * LayerNorm or RMSNorm of one place in the model. Statistics are [2, rows]: reciprocal deviations,
 * then means.
 */
final class NormLayer {
  private final Backend backend;
  private final int channels;
  private final NormSpec spec;
  private final NormLayerWeights weights;
  private final DeviceBuffer dGamma;
  private final DeviceBuffer dBeta;

  /**
   * A norm.
   *
   * @param channels C
   * @param gradients where gradients of scale and shift go in full training, or null
   */
  NormLayer(
      Backend backend,
      int channels,
      NormSpec spec,
      NormLayerWeights weights,
      WeightGradients gradients) {
    this.backend = backend;
    this.channels = channels;
    this.spec = spec;
    this.weights = weights;
    dGamma = gradients == null ? null : gradients.of(weights.gamma());
    dBeta = gradients == null || weights.beta() == null ? null : gradients.of(weights.beta());
  }

  void forward(int rows, DeviceBuffer x, DeviceBuffer out, DeviceBuffer statistics) {
    float epsilon = spec.epsilon();
    if (weights.beta() == null) {
      backend.transformer().rmsNormForward(rms(rows, x, statistics), epsilon, rows(out));
    } else {
      backend
          .transformer()
          .layerNormForward(layer(rows, x, statistics), epsilon, weights.beta(), out);
    }
  }

  /** dx += gradient of x. */
  void backward(
      int rows, DeviceBuffer dout, DeviceBuffer x, DeviceBuffer statistics, DeviceBuffer dx) {
    if (weights.beta() == null) {
      backend.transformer().rmsNormBackward(rms(rows, x, statistics), rows(dout), rows(dx), dGamma);
    } else {
      backend.transformer().layerNormBackward(layer(rows, x, statistics), dout, dx, dGamma, dBeta);
    }
  }

  private RmsNormArguments rms(int rows, DeviceBuffer x, DeviceBuffer statistics) {
    return new RmsNormArguments(rows, 1, channels, rows(x), weights.gamma(), statistics);
  }

  private LayerNormArguments layer(int rows, DeviceBuffer x, DeviceBuffer statistics) {
    long half = statistics.length() / 2;
    DeviceBuffer means = statistics.slice(half, half);
    return new LayerNormArguments(rows, channels, x, weights.gamma(), means, statistics);
  }

  private Rows rows(DeviceBuffer matrix) {
    return new Rows(matrix, channels);
  }
}
