package dev.sotto.model;

import dev.sotto.base.InputException;
import dev.sotto.checkpoint.AdapterConfig;
import dev.sotto.checkpoint.AdapterFiles;
import dev.sotto.checkpoint.LoraPair;
import dev.sotto.checkpoint.SavedModule;
import dev.sotto.compute.LoraShape;
import dev.sotto.gradient.ParameterLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Adapters as PEFT has them in files, and the {@link LoraAdapters} of a model that they are. */
final class PeftAdapters {
  private PeftAdapters() {}

  /**
   * Reads a PEFT adapter directory.
   *
   * @throws InputException if it does not fit the model
   */
  static LoraAdapters read(LanguageModel model, Path adapterDir) {
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
    List<TrainedLayer> expected = LoraAdapters.trainedLayers(model);
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
   * What PEFT is told of adapters.
   *
   * @param baseModel what {@code base_model_name_or_path} should say
   */
  static AdapterFiles.Adapter of(LoraAdapters lora, LanguageModel model, String baseModel) {
    List<TrainedLayer> head = lora.head();
    List<String> modules = lora.modules();
    ParameterLayout layout = lora.layout();
    boolean apart = !head.isEmpty() && !model.hasItsOwnHead();
    List<String> whole =
        apart
            ? List.of()
            : head.stream().map(l -> l.module().replaceFirst("\\..*", "")).distinct().toList();
    AdapterConfig config =
        new AdapterConfig(
            baseModel,
            apart ? "FEATURE_EXTRACTION" : head.isEmpty() ? "CAUSAL_LM" : "SEQ_CLS",
            scaling(lora),
            modules.isEmpty() ? List.of() : targetsOfAll(lora, model),
            model.architecture().inByOut(),
            0,
            whole);
    String bare = apart ? model.architecture().prefix() : "";
    float[] values = lora.values();
    List<LoraPair> pairs = new ArrayList<>();
    for (int k = 0; k < modules.size(); k++) {
      LoraShape shape = lora.shape(k);
      pairs.add(
          new LoraPair(
              modules.get(k).startsWith(bare)
                  ? modules.get(k).substring(bare.length())
                  : modules.get(k),
              shape.rank(),
              shape.inChannels(),
              shape.outChannels(),
              lora.a(k).downloadFloats((int) shape.parametersOfA()),
              lora.b(k).downloadFloats((int) shape.parametersOfB())));
    }
    List<SavedModule> saved = new ArrayList<>();
    for (int i = 0; i < head.size(); i++) {
      TrainedLayer layer = head.get(i);
      int begin = (int) layout.offset(modules.size() + i);
      int middle = begin + layer.sizeOfWeight();
      saved.add(
          new SavedModule(
              layer.module(),
              layer.in(),
              layer.out(),
              Arrays.copyOfRange(values, begin, middle),
              Arrays.copyOfRange(values, middle, begin + layer.parameters())));
    }
    return new AdapterFiles.Adapter(config, pairs, saved);
  }

  private static AdapterConfig.Scaling scaling(LoraAdapters lora) {
    LoraOptions options = lora.options();
    List<String> modules = lora.modules();
    Map<String, Integer> ranks = new LinkedHashMap<>();
    Map<String, Double> alphas = new LinkedHashMap<>();
    for (int k = 0; k < modules.size(); k++) {
      LoraShape shape = lora.shape(k);
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
  private static List<String> targetsOfAll(LoraAdapters lora, LanguageModel model) {
    List<String> targets = LoraAdapters.targets(model, lora.options());
    Set<String> chosen = new HashSet<>();
    LoraAdapters.select(model, targets).forEach(w -> chosen.add(w.module()));
    return chosen.equals(Set.copyOf(lora.modules())) ? targets : lora.modules();
  }
}
