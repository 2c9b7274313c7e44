package dev.sotto.model;

import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.TransformerKernels.EmbeddingArguments;
import dev.sotto.data.Block;
import dev.sotto.gradient.GradientSink;

/**
 * Forward and backward passes of a head alone, over {@link Features}: a sequence costs a row of
 * each layer, where a pass through the model costs every block.
 */
public final class HeadPass implements TrainingPass {
  private final Backend backend;
  private final PassCapacity capacity;
  private final Features features;
  private final int channels;
  private final DeviceBuffer rows;
  private final HeadLayers layers;
  private final DeviceBatch deviceBatch;

  /**
   * Plans a pass.
   *
   * @param model with a head that scores sequences
   * @param head the trained layers, {@link LoraAdapters#headAlone}
   * @param features what the head sees; must outlive the pass
   * @param units most units, and most vectors, of a micro-batch
   */
  public HeadPass(LanguageModel model, LoraAdapters head, Features features, int units) {
    backend = model.backend();
    this.features = features;
    capacity = PassCapacity.train(units, units, units, 1);
    channels = Features.width(model);
    rows = backend.allocate(ElementType.F32, (long) units * channels);
    layers = new HeadLayers(model, firstTrained(model), head, capacity, null, null);
    deviceBatch = new DeviceBatch(backend, units, units, units);
    Batch largest = Batch.largest(capacity, units);
    backend.rehearse(() -> forwardBackward(largest, null));
  }

  private static int firstTrained(LanguageModel model) {
    return HeadLayers.firstTrained((ClassifierSpec) model.config().head());
  }

  @Override
  public Block madeUp(int length) {
    return Block.labelled(new int[length], new int[0], 0);
  }

  @Override
  public PassCapacity capacity() {
    return capacity;
  }

  @Override
  public DeviceBuffer forwardBackward(Batch batch, GradientSink sink) {
    deviceBatch.upload(batch, 0);
    EmbeddingArguments lookup =
        new EmbeddingArguments(
            batch.rows(),
            channels,
            features.count(),
            0,
            1f,
            deviceBatch.ids(),
            deviceBatch.positions());
    backend.transformer().embeddingForward(lookup, features.vectors(), null, rows);
    return layers.lossesAndGradient(deviceBatch, rows, false, sink);
  }

  @Override
  public void close() {
    layers.close();
    rows.close();
    deviceBatch.close();
  }
}
