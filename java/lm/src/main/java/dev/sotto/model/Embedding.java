package dev.sotto.model;

import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.TransformerKernels.EmbeddingArguments;
import dev.sotto.model.TransformerConfig.EmbeddingSpec;
import dev.sotto.model.TransformerConfig.PositionSpec;

/** From token ids to the residual stream, in one pass. */
final class Embedding implements AutoCloseable {
  private final Backend backend;
  private final LanguageModel model;
  private final TransformerConfig config;
  private final EmbeddingSpec spec;
  private final DeviceBuffer positionTable;
  private final NormLayer norm;
  private final DeviceBuffer summed;
  private final DeviceBuffer statistics;

  Embedding(LanguageModel model, PassCapacity capacity) {
    this.backend = model.backend();
    this.model = model;
    config = model.config();
    spec = config.embeddings();
    long channels = config.hiddenSize();
    positionTable = spec.positions().map(positions -> from(positions, channels)).orElse(null);
    norm =
        spec.norm()
            .map(n -> new NormLayer(backend, (int) channels, n, model.embeddingNorm, null))
            .orElse(null);
    boolean beside = norm != null || model.typeTable != null;
    summed = beside ? backend.allocate(ElementType.F32, capacity.rows() * channels) : null;
    statistics = norm == null ? null : backend.allocate(ElementType.F32, 2L * capacity.rows());
  }

  private DeviceBuffer from(PositionSpec positions, long channels) {
    long first = positions.offset() * channels;
    return model.positionTable.slice(first, model.positionTable.length() - first);
  }

  /** Into {@code out} [N,C]. */
  void forward(DeviceBatch batch, DeviceBuffer out) {
    DeviceBuffer sum = norm == null ? out : summed;
    backend.transformer().embeddingForward(arguments(batch), model.tokenTable, positionTable, sum);
    if (model.typeTable != null) {
      // A lookup of its own beside the first, in whichever of the two buffers is free.
      DeviceBuffer types = norm == null ? summed : out;
      backend.transformer().embeddingForward(typeArguments(batch), model.typeTable, null, types);
      backend.dense().add((long) batch.rows() * config.hiddenSize(), sum, types, sum);
    }
    if (norm != null) {
      norm.forward(batch.rows(), sum, out, statistics);
    }
  }

  /** Gradients of the tables, for models whose embeddings have no norm and no types. */
  void backward(DeviceBatch batch, DeviceBuffer dout, WeightGradients gradients) {
    DeviceBuffer positions = model.positionTable == null ? null : gradients.of(model.positionTable);
    backend
        .transformer()
        .embeddingBackward(arguments(batch), dout, gradients.of(model.tokenTable), positions);
  }

  private EmbeddingArguments arguments(DeviceBatch batch) {
    return new EmbeddingArguments(
        batch.rows(),
        config.hiddenSize(),
        config.vocabularySize(),
        config.maxPositions(),
        spec.scale(),
        batch.ids(),
        batch.positions());
  }

  private EmbeddingArguments typeArguments(DeviceBatch batch) {
    return new EmbeddingArguments(
        batch.rows(), config.hiddenSize(), spec.tokenTypes(), 0, 1f, batch.types(), null);
  }

  @Override
  public void close() {
    if (summed != null) {
      summed.close();
    }
    if (statistics != null) {
      statistics.close();
    }
  }
}
