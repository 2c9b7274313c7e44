package dev.sotto.model;

import dev.sotto.base.InputException;
import dev.sotto.checkpoint.Checkpoint;
import dev.sotto.checkpoint.DataType;
import dev.sotto.checkpoint.ModelConfigFile;
import dev.sotto.checkpoint.SafetensorsWriter;
import dev.sotto.checkpoint.TensorData;
import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.model.TransformerConfig.AttentionSpec;
import dev.sotto.model.TransformerConfig.BlockSpec;
import dev.sotto.model.TransformerConfig.MlpSpec;
import dev.sotto.model.TransformerConfig.NormSpec;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A causal language model's frozen weights on a backend. Loaded from an unmodified HuggingFace
 * directory; tensors of the type they are held in ({@link Precision}) are used where they lie in
 * the memory-mapped file, others are converted once.
 *
 * <p>{@link #initialise} makes a fresh one whose weights can be trained: they then stand in one
 * flat buffer.
 */
public final class LanguageModel implements AutoCloseable {
  private static final double INITIAL_STDDEV = 0.02; // GPT-2 and Llama both start here

  private final Backend backend;
  private final Path configFile;
  private final Architecture architecture;
  private final TransformerConfig config;
  private final Precision precision;
  private final Checkpoint checkpoint;
  private final DeviceBuffer flat;
  private final Map<String, DeviceBuffer> tensors = new LinkedHashMap<>();
  private final Map<String, long[]> shapes = new LinkedHashMap<>();

  final DeviceBuffer tokenTable;
  final DeviceBuffer positionTable;
  final List<LayerWeights> layers = new ArrayList<>();
  final NormLayerWeights finalNorm;
  final DeviceBuffer head;

  private LanguageModel(
      Backend backend,
      Path configFile,
      Architecture architecture,
      TransformerConfig config,
      Precision precision,
      Checkpoint checkpoint,
      DeviceBuffer flat,
      WeightSource source) {
    this.backend = backend;
    this.configFile = configFile;
    this.architecture = architecture;
    this.config = config;
    this.precision = precision;
    this.checkpoint = checkpoint;
    this.flat = flat;
    WeightSource recorded =
        (name, type, shape) -> {
          DeviceBuffer tensor = source.tensor(name, type, shape);
          tensors.put(name, tensor);
          shapes.put(name, shape);
          return tensor;
        };
    int hidden = config.hiddenSize();
    tokenTable =
        recorded.tensor(
            architecture.path(TensorPart.TOKEN_TABLE),
            ElementType.F32,
            config.vocabularySize(),
            hidden);
    positionTable =
        config.embeddings().learnedPositions()
            ? recorded.tensor(
                architecture.path(TensorPart.POSITION_TABLE),
                ElementType.F32,
                config.maxPositions(),
                hidden)
            : null;
    for (int l = 0; l < config.layers(); l++) {
      layers.add(layer(recorded, l));
    }
    finalNorm = norm(recorded, architecture.path(TensorPart.FINAL_NORM), config.head().norm());
    head =
        config.head().tied()
            ? tokenTable
            : recorded.tensor(
                architecture.headWeight(), precision.matrices(), config.vocabularySize(), hidden);
  }

  /** Loads a HuggingFace model directory in F32; see {@link #load(Backend, Path, Precision)}. */
  public static LanguageModel load(Backend backend, Path modelDir) {
    return load(backend, modelDir, Precision.F32);
  }

  /**
   * Loads a HuggingFace model directory.
   *
   * @param backend where the weights go; it must outlive the model
   * @param modelDir directory with config.json and model.safetensors (or shards with their index)
   * @param precision what frozen matrices are held in
   * @throws InputException if a file is missing or malformed, the weights are quantised, a tensor
   *     has another shape than the configuration says or is used by nothing, or holds NaN or
   *     infinity
   */
  public static LanguageModel load(Backend backend, Path modelDir, Precision precision) {
    ModelConfigFile file = ModelConfigFile.open(modelDir);
    Quantisation.refuse(file);
    Architecture architecture = Architectures.of(file);
    TransformerConfig config = architecture.read(file);
    Checkpoint checkpoint = Checkpoint.open(modelDir);
    try {
      StoredTensors stored =
          new StoredTensors(checkpoint, new ConfigFields(file, architecture, config));
      WeightSource check =
          (name, type, shape) -> {
            stored.find(name, shape);
            return null;
          };
      // Once through without loading, so that a wrong checkpoint costs neither time nor memory.
      new LanguageModel(backend, file.file(), architecture, config, precision, null, null, check);
      stored.requireAllUsed();
      WeightSource source = new CheckpointWeights(backend, stored);
      return new LanguageModel(
          backend, file.file(), architecture, config, precision, checkpoint, null, source);
    } catch (RuntimeException e) {
      checkpoint.close();
      throw e;
    }
  }

  /**
   * A model with random weights: normal with standard deviation 0.02, divided by √(2·layers) for
   * the projections that end a residual branch; norms at one, biases at zero.
   *
   * @param configFile a HuggingFace {@code config.json}
   * @param seed the same seed gives the same weights
   */
  public static LanguageModel initialise(Backend backend, Path configFile, long seed) {
    ModelConfigFile file = ModelConfigFile.read(configFile);
    Architecture architecture = Architectures.of(file);
    TransformerConfig config = architecture.read(file);
    long[] total = {0};
    WeightSource counter =
        (name, type, shape) -> {
          total[0] += size(shape);
          return null;
        };
    new LanguageModel(
        backend, configFile, architecture, config, Precision.F32, null, null, counter);
    DeviceBuffer flat = backend.allocate(ElementType.F32, total[0]);
    SplittableRandom random = new SplittableRandom(seed);
    long[] offset = {0};
    WeightSource source =
        (name, type, shape) -> {
          long size = size(shape);
          DeviceBuffer tensor = flat.slice(offset[0], size);
          offset[0] += size;
          tensor.upload(initialValues(name, (int) size, shape.length, config.layers(), random));
          return tensor;
        };
    return new LanguageModel(
        backend, configFile, architecture, config, Precision.F32, null, flat, source);
  }

  private static float[] initialValues(
      String name, int size, int rank, int layers, SplittableRandom random) {
    float[] values = new float[size];
    boolean residualEnd = name.matches(".*(o_proj|down_proj|c_proj)\\.weight");
    double stddev = residualEnd ? INITIAL_STDDEV / Math.sqrt(2.0 * layers) : INITIAL_STDDEV;
    for (int i = 0; i < size; i++) {
      if (rank == 2) {
        values[i] = (float) (stddev * random.nextGaussian());
      } else {
        values[i] = name.endsWith(".bias") ? 0f : 1f;
      }
    }
    return values;
  }

  private LayerWeights layer(WeightSource source, int l) {
    int hidden = config.hiddenSize();
    BlockSpec block = config.block(l);
    AttentionSpec attention = block.attention();
    MlpSpec mlp = block.mlp();
    NormLayerWeights attentionNorm =
        norm(source, architecture.path(TensorPart.ATTENTION_NORM, l), block.norm());
    List<LinearWeights> qkv = new ArrayList<>();
    for (TensorPart part : architecture.queryKeyValue()) {
      int width =
          switch (part) {
            case QUERY_KEY_VALUE -> attention.qkvWidth();
            case QUERY -> attention.queryWidth();
            default -> attention.keyWidth();
          };
      qkv.add(linear(source, part, l, hidden, width, attention.inputBias()));
    }
    LinearWeights attentionOutput =
        linear(
            source,
            TensorPart.ATTENTION_OUTPUT,
            l,
            attention.queryWidth(),
            hidden,
            attention.outputBias());
    NormLayerWeights mlpNorm =
        norm(source, architecture.path(TensorPart.MLP_NORM, l), block.norm());
    int inner = mlp.innerSize();
    LinearWeights gate =
        mlp.gated() ? linear(source, TensorPart.GATE, l, hidden, inner, mlp.bias()) : null;
    LinearWeights up = linear(source, TensorPart.UP, l, hidden, inner, mlp.bias());
    LinearWeights down = linear(source, TensorPart.DOWN, l, inner, hidden, mlp.bias());
    return new LayerWeights(attentionNorm, qkv, attentionOutput, mlpNorm, gate, up, down);
  }

  private LinearWeights linear(
      WeightSource source, TensorPart part, int l, int in, int out, boolean biased) {
    String module = architecture.path(part, l);
    boolean inByOut = architecture.inByOut();
    DeviceBuffer weight =
        source.tensor(
            module + ".weight", precision.matrices(), inByOut ? in : out, inByOut ? out : in);
    DeviceBuffer bias = biased ? source.tensor(module + ".bias", ElementType.F32, out) : null;
    return new LinearWeights(module, in, out, inByOut, weight, bias);
  }

  private NormLayerWeights norm(WeightSource source, String module, NormSpec norm) {
    int hidden = config.hiddenSize();
    DeviceBuffer gamma = source.tensor(module + ".weight", ElementType.F32, hidden);
    DeviceBuffer beta =
        norm.kind() == NormSpec.Kind.LAYER
            ? source.tensor(module + ".bias", ElementType.F32, hidden)
            : null;
    return new NormLayerWeights(gamma, beta);
  }

  /** What the model is. */
  public TransformerConfig config() {
    return config;
  }

  /** The row of {@link Architectures} it was read by. */
  public Architecture architecture() {
    return architecture;
  }

  /** The backend that holds the weights. */
  public Backend backend() {
    return backend;
  }

  /** What its frozen matrices are held in. */
  public Precision precision() {
    return precision;
  }

  /** Number of weights; tied embeddings count once. */
  public long parameters() {
    return shapes.values().stream().mapToLong(LanguageModel::size).sum();
  }

  /** All weights in one buffer, F32; null for a loaded model, whose weights are read-only. */
  public DeviceBuffer flatWeights() {
    return flat;
  }

  /** Tensors by HuggingFace name, in the order of the flat buffer. */
  Map<String, DeviceBuffer> tensors() {
    return tensors;
  }

  /**
   * Writes {@code model.safetensors} of a model in {@link Precision#F32}.
   *
   * @param modelDir an existing directory
   * @param dtype how to store the weights
   */
  public void save(Path modelDir, DataType dtype) {
    Map<String, TensorData> contents = new LinkedHashMap<>();
    tensors.forEach(
        (name, buffer) ->
            contents.put(
                name,
                new TensorData(
                    dtype,
                    shapes.get(name),
                    FloatBuffer.wrap(buffer.downloadFloats((int) buffer.length())))));
    SafetensorsWriter.write(
        modelDir.resolve("model.safetensors"), contents, Map.of("format", "pt"));
  }

  /** The configuration file it was made from. */
  public Path configFile() {
    return configFile;
  }

  @Override
  public void close() {
    tensors.values().forEach(DeviceBuffer::close);
    if (flat != null) {
      flat.close();
    }
    if (checkpoint != null) {
      checkpoint.close();
    }
  }

  private static long size(long[] shape) {
    long size = 1;
    for (long extent : shape) {
      size *= extent;
    }
    return size;
  }
}
