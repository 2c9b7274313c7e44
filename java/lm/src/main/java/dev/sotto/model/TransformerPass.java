package dev.sotto.model;

import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.data.Block;
import dev.sotto.gradient.GradientSink;
import java.util.ArrayList;
import java.util.List;

/**
 * Forward and backward passes of a model with all their memory planned up front; passes allocate
 * nothing. The scratch memory of a training pass is planned by whoever rehearses the step it is
 * part of ({@link Backend#rehearse}).
 *
 * <pre>{@code
 * try (TransformerPass pass = new TransformerPass(model, lora, PassCapacity.train(2048, 32, 32, 128))) {
 *   pass.forwardBackward(batch, perSampleGradients);   // private: feeds the clip
 * }
 * }</pre>
 *
 * Losses and gradients of private records are private: they go to the clip, never to a log.
 */
public final class TransformerPass implements TrainingPass {
  private final Backend backend;
  private final LanguageModel model;
  private final TransformerConfig config;
  private final PassCapacity capacity;
  private final WeightGradients weightGradients;
  private final SharedBuffers shared;
  private final List<BlockBuffers> blockBuffers = new ArrayList<>();
  private final List<TransformerBlock> blocks = new ArrayList<>();
  private final DeviceBuffer[] residual;
  private final DeviceBuffer dResidual;
  private final OutputHead head;
  private final Embedding embedding;
  private final DeviceBatch deviceBatch;
  private final int lowestAdapted;

  /**
   * Plans a pass.
   *
   * @param model frozen weights
   * @param lora adapters to apply and train, or null for the base model
   * @param capacity capacities and purpose
   */
  public TransformerPass(LanguageModel model, LoraAdapters lora, PassCapacity capacity) {
    this(model, lora, null, capacity);
  }

  /**
   * Plans a pass that can also train every weight, for pretraining on public text.
   *
   * @param weightGradients where the gradients go, or null
   */
  public TransformerPass(
      LanguageModel model,
      LoraAdapters lora,
      WeightGradients weightGradients,
      PassCapacity capacity) {
    this.backend = model.backend();
    this.model = model;
    this.config = model.config();
    this.capacity = capacity;
    this.weightGradients = weightGradients;
    if (capacity.maxLength() > config.maxPositions()) {
      throw new IllegalArgumentException(
          "sequences of "
              + capacity.maxLength()
              + " tokens are longer than the model's "
              + config.maxPositions()
              + " positions: lower the maximum length");
    }
    boolean train = capacity.mode() == PassCapacity.Mode.TRAIN;
    long wide = (long) capacity.rows() * config.hiddenSize();
    shared = new SharedBuffers(backend, config, capacity, lora);
    embedding = new Embedding(model, capacity);
    residual = new DeviceBuffer[config.layers() + 1];
    residual[0] = backend.allocate(ElementType.F32, wide);
    int lowest = config.layers();
    for (int l = 0; l < config.layers(); l++) {
      residual[l + 1] = train ? backend.allocate(ElementType.F32, wide) : residual[0];
      BlockBuffers buffers = buffers(l);
      TransformerBlock block =
          new TransformerBlock(
              config.block(l), model.layers.get(l), lora, weightGradients, buffers, shared);
      blocks.add(block);
      if (lowest == config.layers() && block.adapted()) {
        lowest = l;
      }
    }
    lowestAdapted = weightGradients != null ? 0 : lowest;
    dResidual = train ? backend.allocate(ElementType.F32, wide) : null;
    head =
        config.head() instanceof ClassifierSpec
            ? new ClassifierHead(model, lora, capacity, shared)
            : new LmHead(backend, model, weightGradients, capacity);
    deviceBatch = new DeviceBatch(backend, capacity.rows(), capacity.sequences(), capacity.units());
    // Before anything is read or written for this pass: memory that is short, a BLAS that is
    // refused.
    Batch largest = Batch.largest(capacity, capacity.units());
    backend.rehearse(
        () -> {
          if (train) {
            forwardBackward(largest, null);
          } else {
            losses(largest);
          }
        });
  }

  private BlockBuffers buffers(int layer) {
    BlockBuffers buffers =
        switch (capacity.mode()) {
          case TRAIN -> new BlockBuffers(backend, config, capacity.rows());
          case EVALUATE ->
              layer == 0 ? new BlockBuffers(backend, config, capacity.rows()) : blockBuffers.get(0);
          case GENERATE ->
              layer == 0
                  ? new BlockBuffers(backend, config, capacity.rows())
                  : new BlockBuffers(backend, config, capacity.rows(), blockBuffers.get(0));
        };
    blockBuffers.add(buffers);
    return buffers;
  }

  @Override
  public Block madeUp(int length) {
    return config.head() instanceof ClassifierSpec
        ? Block.labelled(new int[length], new int[0], 0)
        : new Block(new int[length], new int[length]);
  }

  LanguageModel model() {
    return model;
  }

  @Override
  public PassCapacity capacity() {
    return capacity;
  }

  @Override
  public DeviceBuffer forwardBackward(Batch batch, GradientSink sink) {
    if (capacity.mode() != PassCapacity.Mode.TRAIN) {
      throw new IllegalStateException(
          "this pass was planned for " + capacity.mode() + ", not TRAIN");
    }
    hidden(batch, 0);
    DeviceBuffer losses =
        head.lossesAndGradient(deviceBatch, residual[config.layers()], dResidual, sink);
    for (int l = config.layers() - 1; l >= lowestAdapted; l--) {
      boolean inputNeeded = l > lowestAdapted || weightGradients != null;
      blocks.get(l).backward(deviceBatch, residual[l], dResidual, inputNeeded, sink);
    }
    if (weightGradients != null) {
      embedding.backward(deviceBatch, dResidual, weightGradients);
    }
    return losses;
  }

  /**
   * Losses on the host, in nats: of each row [N], 0 without a target, or of each sequence [B] where
   * the head scores sequences. Private when the batch is.
   */
  public float[] losses(Batch batch) {
    hidden(batch, 0);
    return head.losses(deviceBatch, residual[config.layers()])
        .downloadFloats(head.losses(deviceBatch));
  }

  /** Logits on the host: [N,V], or [B,K] where the head scores sequences. */
  public float[] logits(Batch batch) {
    hidden(batch, 0);
    return head.logits(deviceBatch, residual[config.layers()]);
  }

  /**
   * What the first trained layer of the head sees of each sequence, [B,Cin] on the host. Private
   * when the batch is.
   */
  float[] features(Batch batch) {
    hidden(batch, 0);
    return ((ClassifierHead) head).features(deviceBatch, residual[config.layers()]);
  }

  /**
   * Logits [V] after the last token of a batch that goes on where {@code past} tokens are cached.
   *
   * @param batch one sequence: the new tokens
   * @param past tokens already passed through this GENERATE pass
   */
  float[] nextLogits(Batch batch, int past) {
    hidden(batch, past);
    return ((LmHead) head).logits(deviceBatch, residual[config.layers()], batch.rows() - 1);
  }

  private void hidden(Batch batch, int past) {
    if (batch.rows() > capacity.rows()
        || batch.sequences() > capacity.sequences()
        || batch.units() > capacity.units()
        || past + batch.rows() > capacity.rows()) {
      throw new IllegalArgumentException(
          "a batch has more rows, sequences or units than the pass holds: " + capacity);
    }
    deviceBatch.upload(batch, past);
    embedding.forward(deviceBatch, residual[0]);
    for (int l = 0; l < config.layers(); l++) {
      blocks.get(l).forward(deviceBatch, residual[l], residual[l + 1]);
    }
  }

  @Override
  public void close() {
    blocks.forEach(TransformerBlock::close);
    blockBuffers.stream().distinct().forEach(BlockBuffers::close);
    for (DeviceBuffer buffer : residual) {
      buffer.close();
    }
    if (dResidual != null) {
      dResidual.close();
    }
    head.close();
    embedding.close();
    deviceBatch.close();
    shared.close();
  }
}
