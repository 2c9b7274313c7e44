package dev.sotto.model;

import dev.sotto.base.InputException;
import dev.sotto.checkpoint.AdapterFiles;
import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.LoraShape;
import dev.sotto.gradient.ParameterLayout;
import dev.sotto.model.ClassifierSpec.DenseLayer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.LongStream;

/**
 * What an adapter trains: the LoRA pairs of a model (Hu et al. 2021), y += (alpha/R) · (x Aᵀ) Bᵀ
 * for each adapted projection, whose alpha and R may be its own, and the layers of a head that
 * scores sequences. All d parameters stand in one flat buffer, laid out by {@link ParameterLayout}
 * in the order of the forward pass; block k is pair k's A and then B, or B alone where A is frozen.
 */
public final class LoraAdapters implements AutoCloseable {
  private final Backend backend;
  private final LoraOptions options;
  private final List<String> modules;
  private final List<LoraShape> shapes;
  private final List<TrainedLayer> head;
  private final ParameterLayout layout;
  private final DeviceBuffer weights;
  private final Optional<DeviceBuffer> frozenA;
  private final List<DeviceBuffer> a = new ArrayList<>();
  private final List<DeviceBuffer> b = new ArrayList<>();
  private final Map<String, Integer> pairOfModule = new HashMap<>();

  LoraAdapters(
      Backend backend,
      LoraOptions options,
      List<String> modules,
      List<LoraShape> shapes,
      List<TrainedLayer> head,
      float[] values) {
    this(backend, options, modules, shapes, head, allocated(backend, values), Optional.empty());
  }

  private LoraAdapters(
      Backend backend,
      LoraOptions options,
      List<String> modules,
      List<LoraShape> shapes,
      List<TrainedLayer> head,
      DeviceBuffer weights,
      Optional<DeviceBuffer> frozenA) {
    this.backend = backend;
    this.options = options;
    this.modules = modules;
    this.shapes = shapes;
    this.head = head;
    this.weights = weights;
    this.frozenA = frozenA;
    boolean frozen = frozenA.isPresent();
    layout =
        new ParameterLayout(
            LongStream.concat(
                    shapes.stream().mapToLong(s -> frozen ? s.parametersOfB() : s.parameters()),
                    head.stream().mapToLong(TrainedLayer::parameters))
                .toArray());
    long frozenBefore = 0;
    for (int k = 0; k < modules.size(); k++) {
      pairOfModule.put(modules.get(k), k);
      long sizeOfA = shapes.get(k).parametersOfA();
      long offset = layout.offset(k);
      a.add(frozenA.orElse(weights).slice(frozen ? frozenBefore : offset, sizeOfA));
      b.add(weights.slice(offset + (frozen ? 0 : sizeOfA), shapes.get(k).parametersOfB()));
      frozenBefore += sizeOfA;
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
        weights.slice(begin, layout.parameters() - begin),
        Optional.empty());
  }

  /**
   * The same with every A frozen as it is, so that B and the layers of the head alone are trained:
   * takes the place of this, which it closes. What A holds must be public or released.
   *
   * @throws InputException if there is no pair
   */
  public LoraAdapters freezeA() {
    if (shapes.isEmpty()) {
      throw new InputException(
          "the adapter holds no LoRA pair whose A could be frozen; leave out --freeze-a");
    }
    float[] values = values();
    int sizeOfAll = (int) shapes.stream().mapToLong(LoraShape::parametersOfA).sum();
    float[] ofA = new float[sizeOfAll];
    float[] trained = new float[values.length - sizeOfAll];
    int from = 0;
    int frozen = 0;
    for (LoraShape shape : shapes) {
      int sizeOfA = (int) shape.parametersOfA();
      int sizeOfB = (int) shape.parametersOfB();
      System.arraycopy(values, from, ofA, frozen, sizeOfA);
      System.arraycopy(values, from + sizeOfA, trained, from - frozen, sizeOfB);
      from += sizeOfA + sizeOfB;
      frozen += sizeOfA;
    }
    System.arraycopy(values, from, trained, from - frozen, values.length - from);
    close();
    return new LoraAdapters(
        backend,
        options,
        modules,
        shapes,
        head,
        allocated(backend, trained),
        Optional.of(allocated(backend, ofA)));
  }

  /**
   * Fresh adapters, initialised as PEFT does: A is {@link InitialA#UNIFORM}.
   *
   * @throws InputException if a target matches no module
   */
  public static LoraAdapters create(LanguageModel model, LoraOptions wanted, long seed) {
    return create(model, wanted, seed, InitialA.UNIFORM);
  }

  /**
   * Fresh adapters. B is zero, so that the adapted model starts equal to the base.
   *
   * @param seed of A, and of the head's layers that the model lacks; public
   * @param initialA how A begins
   * @throws InputException if a target matches no module, or orthonormal rows do not fit one
   */
  public static LoraAdapters create(
      LanguageModel model, LoraOptions wanted, long seed, InitialA initialA) {
    LoraOptions options = new LoraOptions(wanted.rank(), wanted.alpha(), targets(model, wanted));
    List<LinearWeights> adapted = select(model, options.targetModules());
    SplittableRandom random = new SplittableRandom(seed);
    List<TrainedLayer> head = trainedLayers(model);
    long pairs = adapted.stream().mapToLong(w -> size(w, options.rank())).sum();
    long layers = head.stream().mapToLong(TrainedLayer::parameters).sum();
    float[] values = new float[Math.toIntExact(pairs + layers)];
    int offset = 0;
    for (LinearWeights w : adapted) {
      if (initialA == InitialA.ORTHONORMAL && options.rank() > w.in()) {
        throw new InputException(
            "rank "
                + options.rank()
                + " exceeds the "
                + w.in()
                + " channels that module '"
                + w.module()
                + "' reads: so many rows cannot be orthonormal; give --rank "
                + w.in()
                + " or less, or leave out --freeze-a");
      }
      initialA.draw(random, options.rank(), w.in(), values, offset);
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

  static List<TrainedLayer> trainedLayers(LanguageModel model) {
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
    return PeftAdapters.read(model, adapterDir);
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
    AdapterFiles.write(adapterDir, PeftAdapters.of(this, model, baseModel), notes);
  }

  /** The names of modules that options stand for. */
  static List<String> targets(LanguageModel model, LoraOptions options) {
    List<String> named = options.targetModules();
    if (named.equals(List.of(LoraOptions.ALL_LINEAR))) {
      return moduleNames(model);
    }
    return named.isEmpty() ? model.architecture().defaultTargets() : named;
  }

  static List<LinearWeights> select(LanguageModel model, List<String> wanted) {
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

  /** Shape of pair {@code k}. */
  public LoraShape shape(int k) {
    return shapes.get(k);
  }

  /** A of pair {@code k}, [R,Cin]. */
  DeviceBuffer a(int k) {
    return a.get(k);
  }

  /** B of pair {@code k}, [Cout,R]. */
  DeviceBuffer b(int k) {
    return b.get(k);
  }

  /** The A of all pairs one after the other, F32, device, where they are frozen. */
  public Optional<DeviceBuffer> frozenA() {
    return frozenA;
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
    frozenA.ifPresent(DeviceBuffer::close);
  }
}
