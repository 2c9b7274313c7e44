package dev.sotto.control.learn;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * A multilayer perceptron: dense layers with an activation between them and a linear output. All
 * parameters lie in one vector, layer by layer, weights before biases.
 */
final class Mlp implements AutoCloseable {
  private final int[] widths;
  private final Activation activation;
  private final Matrix parameters;
  private final Matrix gradient;
  private final List<Matrix> weights = new ArrayList<>();
  private final List<Matrix> biases = new ArrayList<>();
  private final List<Matrix> weightGradients = new ArrayList<>();
  private final List<Matrix> biasGradients = new ArrayList<>();
  private final List<Pass> passes = new ArrayList<>();

  /**
   * A network with weights drawn uniformly with standard deviation sqrt(g / inputs), g = 2 for
   * rectifiers (He et al. 2015) and 1 for tanh, the last layer's a tenth of it so that the first
   * outputs are near 0; biases 0.
   *
   * @param widths of the input, the hidden layers and the output
   */
  Mlp(int[] widths, Activation activation, RandomGenerator random) {
    this.widths = widths.clone();
    this.activation = activation;
    int size = 0;
    for (int l = 0; l < layers(); l++) {
      size += (widths[l] + 1) * widths[l + 1];
    }
    parameters = Matrix.zeros(size, 1);
    gradient = Matrix.zeros(size, 1);
    int offset = 0;
    for (int l = 0; l < layers(); l++) {
      int count = widths[l] * widths[l + 1];
      weights.add(parameters.part(offset, widths[l + 1], widths[l]));
      weightGradients.add(gradient.part(offset, widths[l + 1], widths[l]));
      biases.add(parameters.part(offset + count, widths[l + 1], 1));
      biasGradients.add(gradient.part(offset + count, widths[l + 1], 1));
      offset += count + widths[l + 1];
      double scale = Math.sqrt((activation == Activation.RELU ? 6.0 : 3.0) / widths[l]);
      if (l == layers() - 1) {
        scale *= 0.1;
      }
      for (int i = 0; i < count; i++) {
        weights.get(l).memory().put(i, scale * (2 * random.nextDouble() - 1));
      }
    }
  }

  private int layers() {
    return widths.length - 1;
  }

  /** Number of parameters. */
  int size() {
    return parameters.size();
  }

  /** A copy of the parameters. */
  double[] parameters() {
    return parameters.get();
  }

  /** Replaces the parameters. */
  void assign(double[] values) {
    parameters.set(values);
  }

  /** A copy of the gradient that the last {@link Pass#backward} left. */
  double[] gradient() {
    return gradient.get();
  }

  /** One step of an optimizer along the gradient. */
  void update(Adam optimizer) {
    double[] values = parameters();
    optimizer.update(values, gradient());
    assign(values);
  }

  /** parameters += rate (source's - parameters): Polyak averaging, at rate 1 a copy. */
  void follow(Mlp source, double rate) {
    double[] values = parameters();
    double[] wanted = source.parameters();
    for (int i = 0; i < values.length; i++) {
      values[i] += rate * (wanted[i] - values[i]);
    }
    assign(values);
  }

  /** Room to run batches of the given size; freed with the network. */
  Pass pass(int batch) {
    Pass pass = new Pass(batch);
    passes.add(pass);
    return pass;
  }

  @Override
  public void close() {
    passes.forEach(Pass::free);
    gradient.close();
    parameters.close();
  }

  /** The values and gradients of one batch, row by row: {@code batch x width}. */
  final class Pass {
    private final List<Matrix> values = new ArrayList<>();
    private final List<Matrix> gradients = new ArrayList<>();
    private final List<Matrix.Product> forward = new ArrayList<>();
    private final List<Matrix.Product> byWeights = new ArrayList<>();
    private final List<Matrix.Product> byInputs = new ArrayList<>();
    private final int batch;

    private Pass(int batch) {
      this.batch = batch;
      for (int width : widths) {
        values.add(Matrix.zeros(width, batch));
        gradients.add(Matrix.zeros(width, batch));
      }
      for (int l = 0; l < layers(); l++) {
        Matrix in = values.get(l);
        Matrix above = gradients.get(l + 1);
        forward.add(new Matrix.Product(weights.get(l), false, in, false, values.get(l + 1)));
        byWeights.add(new Matrix.Product(above, false, in, true, weightGradients.get(l)));
        byInputs.add(new Matrix.Product(weights.get(l), true, above, false, gradients.get(l)));
      }
    }

    /**
     * The outputs.
     *
     * @param inputs {@code batch x inputs}
     * @return {@code batch x outputs}
     */
    double[] forward(double[] inputs) {
      values.get(0).set(inputs);
      for (int l = 0; l < layers(); l++) {
        Matrix outputs = values.get(l + 1);
        forward.get(l).compute();
        addBias(biases.get(l), outputs);
        if (l < layers() - 1) {
          activation.apply(outputs.memory());
        }
      }
      return outputs();
    }

    /** What the last {@link #forward} gave. */
    double[] outputs() {
      return values.get(layers()).get();
    }

    private void addBias(Matrix bias, Matrix outputs) {
      for (int row = 0, i = 0; row < batch; row++) {
        for (int j = 0; j < bias.size(); j++, i++) {
          outputs.memory().put(i, outputs.memory().get(i) + bias.memory().get(j));
        }
      }
    }

    /**
     * Sets the network's gradient to that of a loss, after {@link #forward}.
     *
     * @param outputGradient the loss's gradient by the outputs, {@code batch x outputs}
     */
    void backward(double[] outputGradient) {
      gradients.get(layers()).set(outputGradient);
      for (int l = layers() - 1; l >= 0; l--) {
        byWeights.get(l).compute();
        sumRows(gradients.get(l + 1), biasGradients.get(l));
        if (l > 0) {
          below(l);
        }
      }
    }

    /**
     * The loss's gradient by the inputs, after {@link #forward}; the network's own is left alone.
     *
     * @param outputGradient {@code batch x outputs}
     * @return {@code batch x inputs}
     */
    double[] inputGradient(double[] outputGradient) {
      gradients.get(layers()).set(outputGradient);
      for (int l = layers() - 1; l >= 0; l--) {
        below(l);
      }
      return gradients.get(0).get();
    }

    private void below(int layer) {
      byInputs.get(layer).compute();
      if (layer > 0) {
        activation.back(values.get(layer).memory(), gradients.get(layer).memory());
      }
    }

    private void sumRows(Matrix rows, Matrix sums) {
      double[] total = new double[sums.size()];
      for (int row = 0, i = 0; row < batch; row++) {
        for (int j = 0; j < total.length; j++, i++) {
          total[j] += rows.memory().get(i);
        }
      }
      sums.set(total);
    }

    private void free() {
      forward.forEach(Matrix.Product::close);
      byWeights.forEach(Matrix.Product::close);
      byInputs.forEach(Matrix.Product::close);
      values.forEach(Matrix::close);
      gradients.forEach(Matrix::close);
    }
  }
}
