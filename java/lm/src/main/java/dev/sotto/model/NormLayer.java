package dev.sotto.model;

import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.TransformerKernels.NormArguments;
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
    NormArguments norm = arguments(rows, x, statistics);
    float epsilon = spec.epsilon();
    if (weights.beta() == null) {
      backend.transformer().rmsNormForward(norm, epsilon, out);
    } else {
      backend.transformer().layerNormForward(norm, epsilon, weights.beta(), out);
    }
  }

  /** dx += gradient of x. */
  void backward(
      int rows, DeviceBuffer dout, DeviceBuffer x, DeviceBuffer statistics, DeviceBuffer dx) {
    NormArguments norm = arguments(rows, x, statistics);
    if (weights.beta() == null) {
      backend.transformer().rmsNormBackward(norm, dout, dx, dGamma);
    } else {
      backend.transformer().layerNormBackward(norm, dout, dx, dGamma, dBeta);
    }
  }

  private NormArguments arguments(int rows, DeviceBuffer x, DeviceBuffer statistics) {
    long half = statistics.length() / 2;
    DeviceBuffer means = weights.beta() == null ? null : statistics.slice(half, half);
    return new NormArguments(rows, channels, x, weights.gamma(), means, statistics);
  }
}
