package dev.sotto.model;

import dev.sotto.compute.Backend;
import dev.sotto.compute.DenseAlgebra.Product;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.Rows;
import dev.sotto.compute.TransformerKernels.Logits;
import dev.sotto.gradient.GradientSink;
import dev.sotto.model.TransformerConfig.LanguageHead;

/**
 * Final norm, output head and loss. Logits [N,V] would be the largest buffer of a step, so rows go
 * through in chunks: logits, softmax cross-entropy in place, and back to the hidden state, before
 * the next chunk overwrites them.
 */
final class LmHead implements OutputHead {
  private static final long LOGIT_BYTES = 64L << 20;
  private static final int CHUNK_STEP = 192;

  private final Backend backend;
  private final TransformerConfig config;
  private final NormLayer norm;
  private final LanguageHead spec;
  private final DeviceBuffer weight;
  private final DeviceBuffer bias;
  private final DeviceBuffer weightGradient;
  private final int chunk;
  private final DeviceBuffer normed;
  private final DeviceBuffer statistics;
  private final DeviceBuffer logits;
  private final DeviceBuffer rowLoss;
  private final DeviceBuffer dNormed;

  LmHead(Backend backend, LanguageModel model, WeightGradients gradients, PassCapacity capacity) {
    this.backend = backend;
    this.config = model.config();
    spec = (LanguageHead) config.head();
    norm =
        new NormLayer(
            backend,
            config.hiddenSize(),
            config.finalNorm().orElseThrow(),
            model.finalNorm,
            gradients);
    weight = model.head;
    bias = model.headBias;
    weightGradient = gradients == null ? null : gradients.of(model.head);
    int rows = capacity.rows();
    chunk = chunkRows(rows, config.vocabularySize());
    normed = backend.allocate(ElementType.F32, (long) rows * config.hiddenSize());
    statistics = backend.allocate(ElementType.F32, 2L * rows);
    logits = backend.allocate(ElementType.F32, (long) chunk * config.vocabularySize());
    rowLoss = backend.allocate(ElementType.F32, rows);
    dNormed =
        capacity.mode() == PassCapacity.Mode.TRAIN
            ? backend.allocate(ElementType.F32, (long) rows * config.hiddenSize())
            : null;
  }

  private static int chunkRows(int rows, int vocabulary) {
    long affordable = LOGIT_BYTES / (4L * vocabulary) / CHUNK_STEP * CHUNK_STEP;
    return (int) Math.min(rows, Math.max(2 * CHUNK_STEP, affordable));
  }

  /** Logits of one row, on the host. */
  float[] logits(DeviceBatch batch, DeviceBuffer hidden, int row) {
    int channels = config.hiddenSize();
    norm.forward(batch.rows(), hidden, normed, statistics);
    project(row, 1);
    return capped(logits.downloadFloats(config.vocabularySize()));
  }

  /** A cap is part of the loss on the device. */
  private float[] capped(float[] values) {
    for (int i = 0; spec.cap() > 0 && i < values.length; i++) {
      values[i] = (float) (spec.cap() * Math.tanh(values[i] / spec.cap()));
    }
    return values;
  }

  @Override
  public int losses(DeviceBatch batch) {
    return batch.rows();
  }

  /** Logits [N,V] of the whole batch, on the host: for checks against other implementations. */
  @Override
  public float[] logits(DeviceBatch batch, DeviceBuffer hidden) {
    int rows = batch.rows();
    int vocabulary = config.vocabularySize();
    float[] all = new float[rows * vocabulary];
    norm.forward(rows, hidden, normed, statistics);
    for (int start = 0; start < rows; start += chunk) {
      int count = Math.min(chunk, rows - start);
      project(start, count);
      System.arraycopy(
          capped(logits.downloadFloats(count * vocabulary)),
          0,
          all,
          start * vocabulary,
          count * vocabulary);
    }
    return all;
  }

  @Override
  public DeviceBuffer losses(DeviceBatch batch, DeviceBuffer hidden) {
    norm.forward(batch.rows(), hidden, normed, statistics);
    for (int start = 0; start < batch.rows(); start += chunk) {
      int count = Math.min(chunk, batch.rows() - start);
      project(start, count);
      loss(batch, start, count, false);
    }
    return rowLoss;
  }

  @Override
  public DeviceBuffer lossesAndGradient(
      DeviceBatch batch, DeviceBuffer hidden, DeviceBuffer dHidden, GradientSink sink) {
    int rows = batch.rows();
    int channels = config.hiddenSize();
    int vocabulary = config.vocabularySize();
    norm.forward(rows, hidden, normed, statistics);
    for (int start = 0; start < rows; start += chunk) {
      int count = Math.min(chunk, rows - start);
      project(start, count);
      loss(batch, start, count, true);
      backend
          .dense()
          .gemm(
              Product.of(count, channels, vocabulary),
              new Rows(logits, vocabulary),
              new Rows(weight, channels),
              new Rows(rowsOf(dNormed, start, count), channels));
      if (weightGradient != null) {
        backend
            .dense()
            .gemm(
                Product.ofTransposed(vocabulary, channels, count),
                1f,
                new Rows(logits, vocabulary),
                new Rows(rowsOf(normed, start, count), channels),
                1f,
                new Rows(weightGradient, channels),
                null);
      }
    }
    dHidden.slice(0, (long) rows * channels).zero();
    norm.backward(rows, dNormed, hidden, statistics, dHidden);
    return rowLoss;
  }

  private void project(int start, int count) {
    int channels = config.hiddenSize();
    int vocabulary = config.vocabularySize();
    backend
        .dense()
        .gemm(
            Product.byTransposed(count, vocabulary, channels),
            1f,
            new Rows(rowsOf(normed, start, count), channels),
            new Rows(weight, channels),
            0f,
            new Rows(logits, vocabulary),
            bias);
  }

  private void loss(DeviceBatch batch, int start, int count, boolean gradient) {
    int vocabulary = config.vocabularySize();
    backend
        .transformer()
        .crossEntropy(
            count,
            new Logits(new Rows(logits, vocabulary), vocabulary, spec.cap()),
            batch.targets().slice(start, count),
            batch.rowWeights().slice(start, count),
            gradient,
            rowLoss.slice(start, count));
  }

  private DeviceBuffer rowsOf(DeviceBuffer buffer, int start, int count) {
    return buffer.slice((long) start * config.hiddenSize(), (long) count * config.hiddenSize());
  }

  @Override
  public void close() {
    normed.close();
    statistics.close();
    logits.close();
    rowLoss.close();
    if (dNormed != null) {
      dNormed.close();
    }
  }
}
