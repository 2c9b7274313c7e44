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
    if (weights.beta() == null) {
      forwardHeads(rows, 1, new Rows(x, channels), new Rows(out, channels), statistics);
    } else {
      LayerNormArguments norm = layerNorm(rows, x, statistics);
      backend.transformer().layerNormForward(norm, spec.epsilon(), weights.beta(), out);
    }
  }

  /** dx += gradient of x. */
  void backward(
      int rows, DeviceBuffer dout, DeviceBuffer x, DeviceBuffer statistics, DeviceBuffer dx) {
    if (weights.beta() == null) {
      Rows input = new Rows(x, channels);
      backwardHeads(rows, 1, new Rows(dout, channels), input, statistics, new Rows(dx, channels));
    } else {
      LayerNormArguments norm = layerNorm(rows, x, statistics);
      backend.transformer().layerNormBackward(norm, dout, dx, dGamma, dBeta);
    }
  }

  /**
   * RMSNorm of each of the heads that stand side by side in a row.
   *
   * @param statistics [rows, heads]
   */
  void forwardHeads(int rows, int heads, Rows x, Rows out, DeviceBuffer statistics) {
    backend.transformer().rmsNormForward(rms(rows, heads, x, statistics), spec.epsilon(), out);
  }

  /** dx += gradient of x. */
  void backwardHeads(int rows, int heads, Rows dout, Rows x, DeviceBuffer statistics, Rows dx) {
    backend.transformer().rmsNormBackward(rms(rows, heads, x, statistics), dout, dx, dGamma);
  }

  private RmsNormArguments rms(int rows, int heads, Rows x, DeviceBuffer statistics) {
    return new RmsNormArguments(rows, heads, channels, x, weights.gamma(), statistics);
  }

  private LayerNormArguments layerNorm(int rows, DeviceBuffer x, DeviceBuffer statistics) {
    long half = statistics.length() / 2;
    return new LayerNormArguments(
        rows, channels, x, weights.gamma(), statistics.slice(half, half), statistics);
  }
}
