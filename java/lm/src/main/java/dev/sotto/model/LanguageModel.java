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
import dev.sotto.model.ClassifierSpec.DenseLayer;
import dev.sotto.model.TransformerConfig.EmbeddingSpec;
import dev.sotto.model.TransformerConfig.LanguageHead;
import dev.sotto.model.TransformerConfig.NormPlace;
import dev.sotto.model.TransformerConfig.NormSpec;
import dev.sotto.model.TransformerConfig.QueryKeyNorm;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * A causal language model's frozen weights on a backend. Loaded from an unmodified HuggingFace
 * directory, or a GGUF file; tensors of the type they are held in ({@link Precision}) are used
 * where they lie in the memory-mapped file, others are converted once.
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
  final DeviceBuffer typeTable;
  final NormLayerWeights embeddingNorm;
  final List<LayerWeights> layers = new ArrayList<>();
  final NormLayerWeights finalNorm;
  final DeviceBuffer head;
  final DeviceBuffer headBias;

  /** The layers of a head that scores sequences; weights are null where none are stored. */
  final List<LinearWeights> classifier = new ArrayList<>();

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
        new WeightSource() {
          @Override
          public DeviceBuffer tensor(String name, ElementType type, long... shape) {
            return record(name, () -> source.tensor(name, type, shape), shape);
          }

          @Override
          public DeviceBuffer matrix(String name, Precision precision, long... shape) {
            return record(name, () -> source.matrix(name, precision, shape), shape);
          }

          @Override
          public DeviceBuffer gainFromOne(String name, int channels) {
            return record(name, () -> source.gainFromOne(name, channels), channels);
          }

          @Override
          public boolean has(String name) {
            return source.has(name);
          }
        };
    int hidden = config.hiddenSize();
    EmbeddingSpec embeddings = config.embeddings();
    tokenTable = table(recorded, TensorPart.TOKEN_TABLE, config.vocabularySize());
    positionTable =
        embeddings.positions().isPresent()
            ? table(recorded, TensorPart.POSITION_TABLE, embeddings.positions().get().rows())
            : null;
    typeTable =
        embeddings.tokenTypes() > 0
            ? table(recorded, TensorPart.TYPE_TABLE, embeddings.tokenTypes())
            : null;
    embeddingNorm =
        embeddings
            .norm()
            .map(norm -> norm(recorded, architecture.path(TensorPart.EMBEDDING_NORM), norm))
            .orElse(null);
    LayerWeightsReader reader = new LayerWeightsReader(architecture, config, precision, recorded);
    for (int l = 0; l < config.layers(); l++) {
      layers.add(reader.layer(l));
    }
    finalNorm =
        config
            .finalNorm()
            .map(norm -> norm(recorded, architecture.path(TensorPart.FINAL_NORM), norm))
            .orElse(null);
    DeviceBuffer projection = null;
    DeviceBuffer projectionBias = null;
    if (config.head() instanceof LanguageHead language) {
      projection =
          language.tied()
              ? tokenTable
              : recorded.matrix(
                  architecture.headWeight(), precision, config.vocabularySize(), hidden);
      String bias = architecture.name(TensorPart.HEAD) + ".bias";
      projectionBias =
          language.bias() ? recorded.tensor(bias, ElementType.F32, config.vocabularySize()) : null;
    } else if (config.head() instanceof ClassifierSpec spec) {
      for (DenseLayer layer : spec.layers()) {
        classifier.add(reader.dense(layer));
      }
    }
    head = projection;
    headBias = projectionBias;
  }

  /** Two branches may share a norm, so a name may be asked for again. */
  private DeviceBuffer record(String name, Supplier<DeviceBuffer> tensor, long... shape) {
    shapes.put(name, shape);
    return tensors.computeIfAbsent(name, n -> tensor.get());
  }

  private DeviceBuffer table(WeightSource source, TensorPart part, int rows) {
    return source.tensor(architecture.path(part), ElementType.F32, rows, config.hiddenSize());
  }

  private NormLayerWeights norm(WeightSource source, String module, NormSpec norm) {
    return LayerWeightsReader.norm(source, module, norm, config.hiddenSize());
  }

  /**
   * Loads a HuggingFace model directory or GGUF file in F32; see {@link #load(Backend, Path,
   * Precision)}.
   */
  public static LanguageModel load(Backend backend, Path modelDir) {
    return load(backend, modelDir, Precision.F32);
  }

  /**
   * Loads a HuggingFace model directory or GGUF file.
   *
   * @param backend where the weights go; it must outlive the model
   * @param modelDir directory with config.json and model.safetensors (or shards with their index),
   *     or a GGUF file
   * @param precision what frozen matrices are held in
   * @throws InputException if a file is missing or malformed, the weights are quantised, a tensor
   *     has another shape than the configuration says or is used by nothing, or holds NaN or
   *     infinity
   */
  public static LanguageModel load(Backend backend, Path modelDir, Precision precision) {
    ModelConfigFile file = ModelConfigFile.open(modelDir);
    Architecture architecture = Architectures.of(file);
    if (!architecture.writes()) {
      throw new InputException(
          file.file()
              + ": model_type '"
              + architecture.modelType()
              + "' is an encoder, which predicts no next token; use it to classify or to score"
              + " (--task classify or regress), or choose a decoder");
    }
    return load(backend, modelDir, precision, file, Optional.empty());
  }

  /**
   * Loads a HuggingFace model directory or GGUF file with a head that scores sequences. Layers of
   * the head that are not stored begin fresh with an adapter; stored heads of other kinds are left
   * out.
   *
   * @param options what the head is asked for
   * @throws InputException as {@link #load(Backend, Path, Precision)}, or if a stored head has
   *     another number of outputs
   */
  public static LanguageModel load(
      Backend backend, Path modelDir, Precision precision, ClassifierOptions options) {
    return load(backend, modelDir, precision, ModelConfigFile.open(modelDir), Optional.of(options));
  }

  private static LanguageModel load(
      Backend backend,
      Path modelDir,
      Precision precision,
      ModelConfigFile file,
      Optional<ClassifierOptions> options) {
    Quantisation.refuse(file);
    Architecture architecture = Architectures.of(file);
    TransformerConfig base = architecture.read(file);
    Checkpoint checkpoint = Checkpoint.open(modelDir);
    try {
      TransformerConfig config =
          options
              .map(o -> base.with(architecture.classifier(base.hiddenSize(), o, checkpoint::has)))
              .orElse(base);
      StoredTensors stored =
          new StoredTensors(
              checkpoint,
              new ConfigFields(file, architecture, config),
              Pattern.compile(options.isEmpty() ? "" : architecture.classifier().ignored()));
      WeightSource check =
          new WeightSource() {
            @Override
            public DeviceBuffer tensor(String name, ElementType type, long... shape) {
              stored.find(name, shape);
              return null;
            }

            @Override
            public boolean has(String name) {
              return stored.has(name);
            }
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
    requireTrainable(file, config);
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

  /** Gradients of weights are known of the simplest blocks alone. */
  private static void requireTrainable(ModelConfigFile file, TransformerConfig config) {
    boolean plain =
        config.head() instanceof LanguageHead language
            && !language.bias()
            && config.embeddings().norm().isEmpty()
            && config.embeddings().tokenTypes() == 0
            && config.blocks().stream()
                .allMatch(
                    block ->
                        block.place() == NormPlace.PRE
                            && !block.norm().gainFromOne()
                            && block.attention().queryKeyNorm() == QueryKeyNorm.NONE);
    if (!plain) {
      throw new InputException(
          file.file()
              + ": model_type '"
              + config.modelType()
              + "' cannot be trained from scratch here; use gpt2 or llama");
    }
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

  /** Every projection that LoRA can adapt, in the order of the forward pass. */
  List<LinearWeights> adaptable() {
    List<LinearWeights> all = new ArrayList<>();
    layers.forEach(layer -> all.addAll(layer.linears()));
    if (config.head() instanceof ClassifierSpec spec) {
      for (int i = 0; i < classifier.size(); i++) {
        if (!spec.layers().get(i).trained()) {
          all.add(classifier.get(i));
        }
      }
    }
    return all;
  }

  /** Whether its head that scores sequences is HuggingFace's for the architecture. */
  boolean hasItsOwnHead() {
    return config.head() instanceof ClassifierSpec spec && architecture.owns(spec);
  }

  /** A layer of the head that scores sequences, by its path. */
  LinearWeights classifierLayer(String module) {
    return classifier.stream().filter(w -> w.module().equals(module)).findFirst().orElseThrow();
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
