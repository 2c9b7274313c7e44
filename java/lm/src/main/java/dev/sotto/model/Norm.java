package dev.sotto.model;

import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;

/**
 * LayerNorm or RMSNorm of one place in the model. Statistics are [2, rows]: reciprocal deviations,
 * then means.
 */
final class Norm {
  private final Backend backend;
  private final TransformerConfig config;
  private final NormWeights weights;
  private final DeviceBuffer dGamma;
  private final DeviceBuffer dBeta;

  Norm(Backend backend, TransformerConfig config, NormWeights weights, WeightGradients gradients) {
    this.backend = backend;
    this.config = config;
    this.weights = weights;
    dGamma = gradients == null ? null : gradients.of(weights.gamma());
    dBeta = gradients == null || weights.beta() == null ? null : gradients.of(weights.beta());
  }

  void forward(int rows, DeviceBuffer x, DeviceBuffer out, DeviceBuffer statistics) {
    if (weights.beta() == null) {
      backend.rmsNormForward(
          rows,
          config.hiddenSize(),
          config.block().norm().epsilon(),
          x,
          weights.gamma(),
          out,
          statistics);
    } else {
      backend.layerNormForward(
          rows,
          config.hiddenSize(),
          config.block().norm().epsilon(),
          x,
          weights.gamma(),
          weights.beta(),
          out,
          means(statistics),
          statistics);
    }
  }

  /** dx += gradient of x. */
  void backward(
      int rows, DeviceBuffer dout, DeviceBuffer x, DeviceBuffer statistics, DeviceBuffer dx) {
    if (weights.beta() == null) {
      backend.rmsNormBackward(
          rows, config.hiddenSize(), dout, x, weights.gamma(), statistics, dx, dGamma);
    } else {
      backend.layerNormBackward(
          rows,
          config.hiddenSize(),
          dout,
          x,
          weights.gamma(),
          means(statistics),
          statistics,
          dx,
          dGamma,
          dBeta);
    }
  }

  private static DeviceBuffer means(DeviceBuffer statistics) {
    long half = statistics.length() / 2;
    return statistics.slice(half, half);
  }
}
