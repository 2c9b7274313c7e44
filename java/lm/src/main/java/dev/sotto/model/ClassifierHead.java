package dev.sotto.model;

import dev.sotto.base.InputException;
import dev.sotto.compute.Activation;
import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.PrivateKernels.Units;
import dev.sotto.compute.Rows;
import dev.sotto.compute.TransformerKernels.Logits;
import dev.sotto.compute.TransformerKernels.PoolArguments;
import dev.sotto.gradient.Factors;
import dev.sotto.gradient.GradientSink;
import dev.sotto.model.ClassifierSpec.DenseLayer;
import dev.sotto.model.ClassifierSpec.Objective;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A head that scores sequences: a norm where the model has one, one pooled row a sequence, dense
 * layers, and the loss of each sequence.
 */
final class ClassifierHead implements OutputHead {
  /** A layer of this pass: what it computes, and where its rows stand. */
  private record Layer(DenseLayer spec, Linear linear, int block, DeviceBuffer z, DeviceBuffer y) {
    /** What it gives: z, or f(z). */
    DeviceBuffer output() {
      return spec.activation().isPresent() ? y : z;
    }
  }

  private final Backend backend;
  private final TransformerConfig config;
  private final ClassifierSpec spec;
  private final NormLayer norm;
  private final DeviceBuffer normed;
  private final DeviceBuffer statistics;
  private final DeviceBuffer pooled;
  private final List<Layer> layers = new ArrayList<>();
  private final List<DeviceBuffer> owned = new ArrayList<>();
  private final DeviceBuffer ones;
  private final DeviceBuffer sequenceLoss;
  private final DeviceBuffer dNormed;
  private final DeviceBuffer[] gradients = new DeviceBuffer[2];
  private final SharedBuffers shared;

  /**
   * Plans a head.
   *
   * @param lora holds the layers that are trained, and pairs of those that are not; null for the
   *     layers that came with the model
   */
  ClassifierHead(
      LanguageModel model, LoraAdapters lora, PassCapacity capacity, SharedBuffers shared) {
    backend = shared.backend();
    this.shared = shared;
    config = model.config();
    spec = (ClassifierSpec) config.head();
    int channels = config.hiddenSize();
    boolean train = capacity.mode() == PassCapacity.Mode.TRAIN;
    norm =
        config
            .finalNorm()
            .map(n -> new NormLayer(backend, channels, n, model.finalNorm, null))
            .orElse(null);
    normed = norm == null ? null : take((long) capacity.rows() * channels);
    statistics = norm == null ? null : take(2L * capacity.rows());
    dNormed = norm == null || !train ? null : take((long) capacity.rows() * channels);
    int sequences = capacity.sequences();
    pooled = take((long) sequences * channels);
    int widest = channels;
    for (int i = 0; i < spec.layers().size(); i++) {
      DenseLayer layer = spec.layers().get(i);
      LinearWeights stored = model.classifier.get(i);
      int block = lora == null ? -1 : lora.trainedLayer(layer.module());
      LinearWeights weights = block < 0 ? stored : lora.trained(block);
      if (weights.weight() == null) {
        throw new InputException(
            "the model has no weights of its head '"
                + layer.module()
                + "'; name an adapter that has them");
      }
      Linear linear =
          new Linear(
              backend,
              weights,
              block < 0 ? lora : null,
              null,
              sequences,
              shared.sharedU(),
              shared.du());
      DeviceBuffer z = take((long) sequences * layer.out());
      DeviceBuffer y = layer.activation().isPresent() ? take((long) sequences * layer.out()) : null;
      layers.add(new Layer(layer, linear, block, z, y));
      widest = Math.max(widest, layer.out());
    }
    sequenceLoss = take(sequences);
    ones = train ? take(sequences) : null;
    if (train) {
      float[] one = new float[sequences];
      Arrays.fill(one, 1f);
      ones.upload(one);
      gradients[0] = take((long) sequences * widest);
      gradients[1] = take((long) sequences * widest);
    }
  }

  private DeviceBuffer take(long length) {
    DeviceBuffer buffer = backend.allocate(ElementType.F32, length);
    owned.add(buffer);
    return buffer;
  }

  @Override
  public int losses(DeviceBatch batch) {
    return batch.sequences();
  }

  @Override
  public float[] logits(DeviceBatch batch, DeviceBuffer hidden) {
    forward(batch, hidden);
    return last().z().downloadFloats(batch.sequences() * spec.outputs());
  }

  @Override
  public DeviceBuffer losses(DeviceBatch batch, DeviceBuffer hidden) {
    forward(batch, hidden);
    loss(batch, false);
    return sequenceLoss;
  }

  @Override
  public DeviceBuffer lossesAndGradient(
      DeviceBatch batch, DeviceBuffer hidden, DeviceBuffer dHidden, GradientSink sink) {
    forward(batch, hidden);
    loss(batch, true);
    int sequences = batch.sequences();
    Units units = batch.sequenceUnits();
    DeviceBuffer d = last().z();
    for (int i = layers.size() - 1; i >= 0; i--) {
      Layer layer = layers.get(i);
      int out = layer.spec().out();
      if (layer.spec().activation().isPresent()) {
        Activation f = layer.spec().activation().get();
        backend.transformer().activationBackward(f, (long) sequences * out, layer.z(), d, d);
      }
      DeviceBuffer x = i == 0 ? pooled : layers.get(i - 1).output();
      DeviceBuffer dx = gradients[i % 2];
      layer.linear().backward(units, x, d, out, dx, false, sink);
      if (layer.block() >= 0 && sink != null) {
        DeviceBuffer bias = layer.spec().bias() ? ones : null;
        sink.accept(layer.block(), new Factors.Dense(units, layer.spec().in(), out, x, d, bias));
      }
      d = dx;
    }
    pool(batch, hidden, d, dHidden);
    return sequenceLoss;
  }

  private void pool(DeviceBatch batch, DeviceBuffer hidden, DeviceBuffer d, DeviceBuffer dHidden) {
    PoolArguments sequences = sequences(batch);
    if (norm == null) {
      backend.transformer().poolBackward(sequences, d, dHidden);
      return;
    }
    int rows = batch.rows();
    backend.transformer().poolBackward(sequences, d, dNormed);
    dHidden.slice(0, (long) rows * config.hiddenSize()).zero();
    norm.backward(rows, dNormed, hidden, statistics, dHidden);
  }

  private void forward(DeviceBatch batch, DeviceBuffer hidden) {
    DeviceBuffer source = hidden;
    if (norm != null) {
      norm.forward(batch.rows(), hidden, normed, statistics);
      source = normed;
    }
    backend.transformer().poolForward(sequences(batch), source, pooled);
    int sequences = batch.sequences();
    DeviceBuffer x = pooled;
    for (Layer layer : layers) {
      int out = layer.spec().out();
      layer.linear().forward(sequences, x, layer.z(), out);
      if (layer.spec().activation().isPresent()) {
        Activation f = layer.spec().activation().get();
        backend.transformer().activationForward(f, (long) sequences * out, layer.z(), layer.y());
      }
      x = layer.output();
    }
  }

  private PoolArguments sequences(DeviceBatch batch) {
    return new PoolArguments(
        spec.pooling(), batch.sequences(), batch.rows(), config.hiddenSize(), batch.queryStart());
  }

  private void loss(DeviceBatch batch, boolean gradient) {
    int sequences = batch.sequences();
    Rows logits = new Rows(last().z(), spec.outputs());
    if (spec.objective() == Objective.NUMBER) {
      backend
          .transformer()
          .squaredError(
              sequences, logits, batch.numbers(), batch.sequenceWeights(), gradient, sequenceLoss);
    } else {
      backend
          .transformer()
          .crossEntropy(
              sequences,
              new Logits(logits, spec.outputs(), 0),
              batch.classes(),
              batch.sequenceWeights(),
              gradient,
              sequenceLoss);
    }
  }

  private Layer last() {
    return layers.get(layers.size() - 1);
  }

  @Override
  public void close() {
    layers.forEach(layer -> layer.linear().close(shared.sharedU()));
    owned.forEach(DeviceBuffer::close);
  }
}
