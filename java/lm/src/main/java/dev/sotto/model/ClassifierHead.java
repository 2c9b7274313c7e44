package dev.sotto.model;

import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.TransformerKernels.PoolArguments;
import dev.sotto.gradient.GradientSink;
import java.util.ArrayList;
import java.util.List;

/**
 * A head that scores sequences: a norm where the model has one, one pooled row a sequence, and
 * {@link HeadLayers} over it.
 */
final class ClassifierHead implements OutputHead {
  private final Backend backend;
  private final TransformerConfig config;
  private final ClassifierSpec spec;
  private final NormLayer norm;
  private final DeviceBuffer normed;
  private final DeviceBuffer statistics;
  private final DeviceBuffer pooled;
  private final HeadLayers layers;
  private final List<DeviceBuffer> owned = new ArrayList<>();
  private final DeviceBuffer dNormed;

  /**
   * Plans a head.
   *
   * @param lora holds the layers that are trained, and pairs of those that are not; null for the
   *     layers that came with the model
   */
  ClassifierHead(
      LanguageModel model, LoraAdapters lora, PassCapacity capacity, SharedBuffers shared) {
    backend = shared.backend();
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
    pooled = take((long) capacity.sequences() * channels);
    layers = new HeadLayers(model, 0, lora, capacity, shared.sharedU(), shared.du());
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
    return layers.logits(batch, pooled(batch, hidden));
  }

  @Override
  public DeviceBuffer losses(DeviceBatch batch, DeviceBuffer hidden) {
    return layers.losses(batch, pooled(batch, hidden));
  }

  @Override
  public DeviceBuffer lossesAndGradient(
      DeviceBatch batch, DeviceBuffer hidden, DeviceBuffer dHidden, GradientSink sink) {
    DeviceBuffer losses = layers.lossesAndGradient(batch, pooled(batch, hidden), true, sink);
    poolBackward(batch, hidden, layers.gradient(), dHidden);
    return losses;
  }

  /** What the first layer that is trained sees of each sequence, [B,Cin] on the host. */
  float[] features(DeviceBatch batch, DeviceBuffer hidden) {
    return layers.features(batch, pooled(batch, hidden));
  }

  /** One vector a sequence, [B,C], on the device: what the layers see. */
  private DeviceBuffer pooled(DeviceBatch batch, DeviceBuffer hidden) {
    DeviceBuffer source = hidden;
    if (norm != null) {
      norm.forward(batch.rows(), hidden, normed, statistics);
      source = normed;
    }
    backend.transformer().poolForward(sequences(batch), source, pooled);
    return pooled;
  }

  private void poolBackward(
      DeviceBatch batch, DeviceBuffer hidden, DeviceBuffer d, DeviceBuffer dHidden) {
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

  private PoolArguments sequences(DeviceBatch batch) {
    return new PoolArguments(
        spec.pooling(), batch.sequences(), batch.rows(), config.hiddenSize(), batch.queryStart());
  }

  @Override
  public void close() {
    layers.close();
    owned.forEach(DeviceBuffer::close);
  }
}
