package dev.sotto.model;

import dev.sotto.base.InputException;
import dev.sotto.checkpoint.AdapterConfig;
import dev.sotto.checkpoint.AdapterFiles;
import dev.sotto.checkpoint.LoraPair;
import dev.sotto.checkpoint.SavedModule;
import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.LoraShape;
import dev.sotto.gradient.ParameterLayout;
import dev.sotto.model.ClassifierSpec.DenseLayer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.LongStream;

/**
 * What an adapter trains: the LoRA pairs of a model (Hu et al. 2021), y += (alpha/R) · (x Aᵀ) Bᵀ
 * for each adapted projection, whose alpha and R may be its own, and the layers of a head that
 * scores sequences. All d parameters stand in one flat buffer, laid out by {@link ParameterLayout}
 * in the order of the forward pass.
 */
public final class LoraAdapters implements AutoCloseable {
  private final Backend backend;
  private final LoraOptions options;
  private final List<String> modules;
  private final List<LoraShape> shapes;
  private final List<TrainedLayer> head;
  private final ParameterLayout layout;
  private final DeviceBuffer weights;
  private final Map<String, Integer> pairOfModule = new HashMap<>();

  private LoraAdapters(
      Backend backend,
      LoraOptions options,
      List<String> modules,
      List<LoraShape> shapes,
      List<TrainedLayer> head,
      float[] values) {
    this(backend, options, modules, shapes, head, allocated(backend, values));
  }

  private LoraAdapters(
      Backend backend,
      LoraOptions options,
      List<String> modules,
      List<LoraShape> shapes,
      List<TrainedLayer> head,
      DeviceBuffer weights) {
    this.backend = backend;
    this.options = options;
    this.modules = modules;
    this.shapes = shapes;
    this.head = head;
    this.weights = weights;
    layout =
        new ParameterLayout(
            LongStream.concat(
                    shapes.stream().mapToLong(LoraShape::parameters),
                    head.stream().mapToLong(TrainedLayer::parameters))
                .toArray());
    for (int k = 0; k < modules.size(); k++) {
      pairOfModule.put(modules.get(k), k);
    }
  }

  private static DeviceBuffer allocated(Backend backend, float[] values) {
    DeviceBuffer weights = backend.allocate(ElementType.F32, values.length);
    weights.upload(values);
    return weights;
  }

  /**
   * The layers of the head without the pairs: the same weights, which must outlive it.
   *
   * @throws InputException if it holds none
   */
  public LoraAdapters headAlone() {
    if (head.isEmpty()) {
      throw new InputException(
          "the adapter holds no layer of a head that could be trained alone; leave out --adapter, or"
              + " name one that was trained on labels");
    }
    long begin = layout.offset(shapes.size());
    return new LoraAdapters(
        backend,
        options,
        List.of(),
        List.of(),
        head,
        weights.slice(begin, layout.parameters() - begin));
  }

  /**
   * Fresh adapters, initialised as PEFT does: A uniform in ±1/√Cin (Kaiming-uniform with a = √5), B
   * zero, so that the adapted model starts equal to the base.
   *
   * @throws InputException if a target matches no module
   */
  public static LoraAdapters create(LanguageModel model, LoraOptions wanted, long seed) {
    LoraOptions options = new LoraOptions(wanted.rank(), wanted.alpha(), targets(model, wanted));
    List<LinearWeights> adapted = select(model, options.targetModules());
    SplittableRandom random = new SplittableRandom(seed);
    List<TrainedLayer> head = trainedLayers(model);
    long pairs = adapted.stream().mapToLong(w -> size(w, options.rank())).sum();
    long layers = head.stream().mapToLong(TrainedLayer::parameters).sum();
    float[] values = new float[Math.toIntExact(pairs + layers)];
    int offset = 0;
    for (LinearWeights w : adapted) {
      double bound = 1 / Math.sqrt(w.in());
      for (int i = 0; i < options.rank() * w.in(); i++) {
        values[offset + i] = (float) random.nextDouble(-bound, bound);
      }
      offset += size(w, options.rank());
    }
    for (TrainedLayer layer : head) {
      layer.initialise(model.classifierLayer(layer.module()), random, values, offset);
      offset += layer.parameters();
    }
    return new LoraAdapters(
        model.backend(),
        options,
        adapted.stream().map(LinearWeights::module).toList(),
        adapted.stream()
            .map(w -> new LoraShape(w.in(), w.out(), options.rank(), options.scale()))
            .toList(),
        head,
        values);
  }

  private static List<TrainedLayer> trainedLayers(LanguageModel model) {
    return model.config().head() instanceof ClassifierSpec spec
        ? spec.layers().stream()
            .filter(DenseLayer::trained)
            .map(l -> new TrainedLayer(l.module(), l.in(), l.out(), l.bias()))
            .toList()
        : List.of();
  }

  /**
   * Reads a PEFT adapter directory.
   *
   * @throws InputException if it does not fit the model
   */
  public static LoraAdapters load(LanguageModel model, Path adapterDir) {
    AdapterFiles.Adapter adapter = AdapterFiles.read(adapterDir);
    Map<String, LoraPair> pairs = new LinkedHashMap<>();
    adapter.pairs().forEach(pair -> pairs.put(pair.module(), pair));
    AdapterConfig config = adapter.config();
    List<String> modules = new ArrayList<>();
    List<LoraShape> shapes = new ArrayList<>();
    List<float[]> parts = new ArrayList<>();
    String prefix = model.architecture().prefix();
    for (LinearWeights w : model.adaptable()) {
      LoraPair pair = pairs.remove(w.module());
      if (pair == null && w.module().startsWith(prefix)) {
        pair = pairs.remove(w.module().substring(prefix.length())); // of the bare encoder
      }
      if (pair == null) {
        continue;
      }
      if (pair.in() != w.in() || pair.out() != w.out()) {
        throw new InputException(
            adapterDir
                + ": module '"
                + w.module()
                + "' is adapted as "
                + pair.in()
                + " to "
                + pair.out()
                + " channels, but the model has "
                + w.in()
                + " to "
                + w.out()
                + "; this adapter belongs to another model");
      }
      if (pair.rank() > LoraOptions.LARGEST_RANK) {
        throw new InputException(
            adapterDir
                + ": module '"
                + w.module()
                + "' has rank "
                + pair.rank()
                + "; ranks up to "
                + LoraOptions.LARGEST_RANK
                + " are supported");
      }
      float factor = (float) config.scaling().factor(w.module());
      modules.add(w.module());
      shapes.add(new LoraShape(w.in(), w.out(), pair.rank(), factor));
      parts.add(pair.a());
      parts.add(pair.b());
    }
    if (!pairs.isEmpty()) {
      throw new InputException(
          adapterDir
              + ": module '"
              + pairs.keySet().iterator().next()
              + "' is not in the model; this adapter belongs to another model");
    }
    List<TrainedLayer> head = new ArrayList<>();
    for (SavedModule saved : inOrder(model, adapter.saved(), adapterDir)) {
      head.add(TrainedLayer.of(saved));
      parts.add(saved.weight());
      parts.add(saved.bias());
    }
    // What the named pairs have in common; the others keep what they have in their shapes.
    AdapterConfig.Scaling scaling = config.scaling();
    double root = scaling.rankStabilized() ? Math.sqrt(scaling.rank()) : 1;
    LoraOptions options =
        new LoraOptions(scaling.rank(), scaling.alpha() * root, config.targetModules());
    float[] values = new float[parts.stream().mapToInt(p -> p.length).sum()];
    int offset = 0;
    for (float[] part : parts) {
      System.arraycopy(part, 0, values, offset, part.length);
      offset += part.length;
    }
    return new LoraAdapters(model.backend(), options, modules, shapes, head, values);
  }

  /** The layers that an adapter holds whole, in the order of the model's head. */
  private static List<SavedModule> inOrder(
      LanguageModel model, List<SavedModule> saved, Path adapterDir) {
    List<TrainedLayer> expected = trainedLayers(model);
    List<SavedModule> ordered = new ArrayList<>();
    for (SavedModule module : saved) {
      if (expected.stream().noneMatch(layer -> layer.equals(TrainedLayer.of(module)))) {
        throw new InputException(
            adapterDir
                + ": holds the layer '"
                + module.module()
                + "' of "
                + module.in()
                + " to "
                + module.out()
                + " channels, which is not in the model's head; load it with the same task and"
                + " labels as it was trained with");
      }
    }
    for (TrainedLayer layer : expected) {
      saved.stream().filter(m -> layer.equals(TrainedLayer.of(m))).forEach(ordered::add);
    }
    if (!ordered.isEmpty() && ordered.size() != expected.size()) {
      throw new InputException(
          adapterDir + ": holds a part of the head's layers; name a whole adapter");
    }
    return ordered;
  }

  /**
   * Writes a PEFT adapter: {@code adapter_config.json} and {@code adapter_model.safetensors}. A
   * head that is none of HuggingFace's own stands in {@link AdapterFiles#HEAD_FILE_NAME} beside the
   * adapter of the bare encoder.
   *
   * @param adapterDir an existing directory
   * @param model the adapted model
   * @param baseModel what PEFT's {@code base_model_name_or_path} should say
   */
  public void save(Path adapterDir, LanguageModel model, String baseModel) {
    save(adapterDir, model, baseModel, Map.of());
  }

  /**
   * The same with notes in the metadata of the weights' file, which PEFT does not look at.
   *
   * @param notes names and texts, for example about how the adapter was made
   */
  public void save(
      Path adapterDir, LanguageModel model, String baseModel, Map<String, String> notes) {
    boolean apart = !head.isEmpty() && !model.hasItsOwnHead();
    List<String> whole =
        apart
            ? List.of()
            : head.stream().map(l -> l.module().replaceFirst("\\..*", "")).distinct().toList();
    AdapterConfig config =
        new AdapterConfig(
            baseModel,
            apart ? "FEATURE_EXTRACTION" : head.isEmpty() ? "CAUSAL_LM" : "SEQ_CLS",
            scaling(),
            modules.isEmpty() ? List.of() : targetsOfAll(model),
            model.architecture().inByOut(),
            0,
            whole);
    String bare = apart ? model.architecture().prefix() : "";
    float[] values = values();
    List<LoraPair> pairs = new ArrayList<>();
    for (int k = 0; k < shapes.size(); k++) {
      LoraShape shape = shapes.get(k);
      int a = (int) layout.offset(k);
      int b = a + (int) shape.parametersOfA();
      int end = (int) (layout.offset(k) + shape.parameters());
      pairs.add(
          new LoraPair(
              modules.get(k).startsWith(bare)
                  ? modules.get(k).substring(bare.length())
                  : modules.get(k),
              shape.rank(),
              shape.inChannels(),
              shape.outChannels(),
              Arrays.copyOfRange(values, a, b),
              Arrays.copyOfRange(values, b, end)));
    }
    List<SavedModule> saved = new ArrayList<>();
    for (int i = 0; i < head.size(); i++) {
      TrainedLayer layer = head.get(i);
      int begin = (int) layout.offset(shapes.size() + i);
      int middle = begin + layer.sizeOfWeight();
      saved.add(
          new SavedModule(
              layer.module(),
              layer.in(),
              layer.out(),
              Arrays.copyOfRange(values, begin, middle),
              Arrays.copyOfRange(values, middle, begin + layer.parameters())));
    }
    AdapterFiles.write(adapterDir, new AdapterFiles.Adapter(config, pairs, saved), notes);
  }

  private AdapterConfig.Scaling scaling() {
    Map<String, Integer> ranks = new LinkedHashMap<>();
    Map<String, Double> alphas = new LinkedHashMap<>();
    for (int k = 0; k < modules.size(); k++) {
      LoraShape shape = shapes.get(k);
      boolean ownRank = shape.rank() != options.rank();
      if (ownRank) {
        ranks.put(modules.get(k), shape.rank());
      }
      if (ownRank || Math.abs(shape.scale() - options.scale()) > 1e-6 * options.scale()) {
        alphas.put(modules.get(k), (double) shape.scale() * shape.rank());
      }
    }
    return new AdapterConfig.Scaling(options.rank(), options.alpha(), false, ranks, alphas);
  }

  /** Names that stand for these modules and no others, as where some layers alone are adapted. */
  private List<String> targetsOfAll(LanguageModel model) {
    List<String> targets = targets(model, options);
    Set<String> chosen = new HashSet<>();
    select(model, targets).forEach(w -> chosen.add(w.module()));
    return chosen.equals(Set.copyOf(modules)) ? targets : modules;
  }

  /** The names of modules that options stand for. */
  private static List<String> targets(LanguageModel model, LoraOptions options) {
    List<String> named = options.targetModules();
    if (named.equals(List.of(LoraOptions.ALL_LINEAR))) {
      return moduleNames(model);
    }
    return named.isEmpty() ? model.architecture().defaultTargets() : named;
  }

  private static List<LinearWeights> select(LanguageModel model, List<String> wanted) {
    List<LinearWeights> adapted = new ArrayList<>();
    Map<String, Integer> hits = new LinkedHashMap<>();
    wanted.forEach(target -> hits.put(target, 0));
    for (LinearWeights w : model.adaptable()) {
      boolean chosen = false;
      for (String target : wanted) {
        if (LoraOptions.matches(w.module(), target)) {
          hits.merge(target, 1, Integer::sum);
          chosen = true;
        }
      }
      if (chosen) {
        adapted.add(w);
      }
    }
    hits.forEach(
        (target, count) -> {
          if (count == 0) {
            throw new InputException(
                "target module '"
                    + target
                    + "' is not in the model; it has "
                    + String.join(", ", moduleNames(model)));
          }
        });
    return adapted;
  }

  private static List<String> moduleNames(LanguageModel model) {
    return model.adaptable().stream()
        .map(w -> w.module().replaceFirst("^.*\\.\\d+\\.", ""))
        .distinct()
        .toList();
  }

  private static int size(LinearWeights w, int rank) {
    return rank * (w.in() + w.out());
  }

  /** Where each pair lives in the flat vector. */
  public ParameterLayout layout() {
    return layout;
  }

  /** Shape of pair {@code k}: A and then B stand in block k of the layout. */
  public LoraShape shape(int k) {
    return shapes.get(k);
  }

  /** The largest R of a pair. */
  int largestRank() {
    return shapes.stream().mapToInt(LoraShape::rank).max().orElse(0);
  }

  /** Rank, scaling and targets of the pairs that have none of their own. */
  public LoraOptions options() {
    return options;
  }

  /** The backend that holds the parameters. */
  public Backend backend() {
    return backend;
  }

  /** Module paths of the pairs, in the order of the layout. */
  public List<String> modules() {
    return modules;
  }

  /** The d parameters, F32, device. The optimizer writes here. */
  public DeviceBuffer weights() {
    return weights;
  }

  /** A copy of the d parameters on the host. */
  public float[] values() {
    return weights.downloadFloats((int) layout.parameters());
  }

  /** The layers that are trained whole, behind the pairs in the layout. */
  List<TrainedLayer> head() {
    return head;
  }

  /** The block of a layer that is trained whole, or −1. */
  int trainedLayer(String module) {
    for (int i = 0; i < head.size(); i++) {
      if (head.get(i).module().equals(module)) {
        return shapes.size() + i;
      }
    }
    return -1;
  }

  /** The weights of block {@code k}, which {@link #trainedLayer} gave, where they are trained. */
  LinearWeights trained(int k) {
    TrainedLayer layer = head.get(k - shapes.size());
    long offset = layout.offset(k);
    int weight = layer.sizeOfWeight();
    return new LinearWeights(
        layer.module(),
        layer.in(),
        layer.out(),
        false,
        weights.slice(offset, weight),
        layer.bias() ? weights.slice(offset + weight, layer.out()) : null);
  }

  /** The index of a module's pair, or −1. */
  int pairOf(String module) {
    return pairOfModule.getOrDefault(module, -1);
  }

  @Override
  public void close() {
    weights.close();
  }
}
