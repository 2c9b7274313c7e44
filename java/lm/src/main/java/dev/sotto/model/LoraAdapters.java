package dev.sotto.model;

import dev.sotto.base.InputException;
import dev.sotto.checkpoint.AdapterConfig;
import dev.sotto.checkpoint.AdapterFiles;
import dev.sotto.checkpoint.LoraPair;
import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.LoraShape;
import dev.sotto.gradient.ParameterLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * The LoRA pairs of a model (Hu et al. 2021): y += (alpha/R) · (x Aᵀ) Bᵀ for each adapted
 * projection. All d parameters stand in one flat buffer, laid out by {@link ParameterLayout} in the
 * order of the forward pass.
 */
public final class LoraAdapters implements AutoCloseable {
  private final Backend backend;
  private final LoraOptions options;
  private final List<String> modules;
  private final List<LoraShape> shapes;
  private final ParameterLayout layout;
  private final DeviceBuffer weights;
  private final Map<String, Integer> pairOfModule = new HashMap<>();

  private LoraAdapters(
      Backend backend, LoraOptions options, List<LinearWeights> adapted, float[] values) {
    this.backend = backend;
    this.options = options;
    modules = adapted.stream().map(LinearWeights::module).toList();
    shapes =
        adapted.stream()
            .map(w -> new LoraShape(w.in(), w.out(), options.rank(), options.scale()))
            .toList();
    layout = ParameterLayout.ofPairs(shapes);
    for (int k = 0; k < modules.size(); k++) {
      pairOfModule.put(modules.get(k), k);
    }
    weights = backend.allocate(ElementType.F32, layout.parameters());
    weights.upload(values);
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
    int total = Math.toIntExact(adapted.stream().mapToLong(w -> size(w, options.rank())).sum());
    float[] values = new float[total];
    int offset = 0;
    for (LinearWeights w : adapted) {
      double bound = 1 / Math.sqrt(w.in());
      for (int i = 0; i < options.rank() * w.in(); i++) {
        values[offset + i] = (float) random.nextDouble(-bound, bound);
      }
      offset += size(w, options.rank());
    }
    return new LoraAdapters(model.backend(), options, adapted, values);
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
    List<LinearWeights> adapted = new ArrayList<>();
    List<float[]> parts = new ArrayList<>();
    for (LayerWeights layer : model.layers) {
      for (LinearWeights w : layer.linears()) {
        LoraPair pair = pairs.remove(w.module());
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
        adapted.add(w);
        parts.add(pair.a());
        parts.add(pair.b());
      }
    }
    if (!pairs.isEmpty()) {
      throw new InputException(
          adapterDir
              + ": module '"
              + pairs.keySet().iterator().next()
              + "' is not in the model; this adapter belongs to another model");
    }
    int rank = config.scaling().rank();
    LoraOptions options =
        new LoraOptions(rank, config.scaling().factor() * rank, config.targetModules());
    float[] values = new float[parts.stream().mapToInt(p -> p.length).sum()];
    int offset = 0;
    for (float[] part : parts) {
      System.arraycopy(part, 0, values, offset, part.length);
      offset += part.length;
    }
    return new LoraAdapters(model.backend(), options, adapted, values);
  }

  /**
   * Writes a PEFT adapter: {@code adapter_config.json} and {@code adapter_model.safetensors}.
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
    AdapterConfig config =
        AdapterConfig.causalLanguageModel(
            baseModel,
            options.rank(),
            options.alpha(),
            targets(model, options),
            model.architecture().inByOut());
    float[] values = values();
    List<LoraPair> pairs = new ArrayList<>();
    for (int k = 0; k < layout.size(); k++) {
      LoraShape shape = shapes.get(k);
      int a = (int) layout.offset(k);
      int b = a + (int) shape.parametersOfA();
      int end = (int) (layout.offset(k) + shape.parameters());
      pairs.add(
          new LoraPair(
              modules.get(k),
              shape.rank(),
              shape.inChannels(),
              shape.outChannels(),
              Arrays.copyOfRange(values, a, b),
              Arrays.copyOfRange(values, b, end)));
    }
    AdapterFiles.write(adapterDir, config, pairs, notes);
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
    for (LayerWeights layer : model.layers) {
      for (LinearWeights w : layer.linears()) {
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
    return model.layers.get(0).linears().stream()
        .map(w -> w.module().replaceFirst("^.*\\.\\d+\\.", ""))
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

  /** Rank, scaling and targets. */
  public LoraOptions options() {
    return options;
  }

  /** The backend that holds the parameters. */
  public Backend backend() {
    return backend;
  }

  /** Module paths in the order of the layout. */
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

  /** The index of a module's pair, or −1. */
  int pairOf(String module) {
    return pairOfModule.getOrDefault(module, -1);
  }

  @Override
  public void close() {
    weights.close();
  }
}
