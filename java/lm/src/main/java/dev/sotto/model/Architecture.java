package dev.sotto.model;

import dev.sotto.checkpoint.ModelConfigFile;
import dev.sotto.compute.Activation;
import dev.sotto.compute.Pooling;
import dev.sotto.model.ClassifierSpec.DenseLayer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * One row of {@link Architectures}: how to read a configuration, and what HuggingFace calls each
 * tensor.
 *
 * @param modelType HuggingFace's {@code model_type}
 * @param models the models people know it by
 * @param config reads {@code config.json}
 * @param naming of its tensors
 * @param defaultTargets suffixes of the modules LoRA adapts unless told otherwise
 * @param classifier the head that scores sequences
 */
public record Architecture(
    String modelType,
    String models,
    Function<ModelConfigFile, TransformerConfig> config,
    Naming naming,
    List<String> defaultTargets,
    ClassifierRow classifier) {

  /**
   * Names of tensors. In them, {@code {l}} is the layer's number. Projections and norms are module
   * paths, to which {@code .weight} and {@code .bias} are added; LoRA targets and adapter files use
   * the same paths.
   *
   * @param prefix what the names begin with; checkpoints saved without it are found too
   * @param names of the parts that the architecture has
   * @param inByOut whether projection weights are stored [in, out] (GPT-2's Conv1D) rather than
   *     [out, in]
   */
  public record Naming(String prefix, Map<TensorPart, String> names, boolean inByOut) {}

  /**
   * The head of HuggingFace's {@code ForSequenceClassification}.
   *
   * @param layers over the pooled row
   * @param ignored names of stored tensors that belong to other heads: a regular expression
   */
  public record ClassifierRow(List<HeadLayer> layers, String ignored) {}

  /**
   * A dense layer of a head.
   *
   * @param module its path, without the prefix
   * @param activation behind it; the identity where empty
   * @param bias whether it has a bias
   * @param trained whether it is trained whole
   */
  public record HeadLayer(
      String module, Optional<Activation> activation, boolean bias, boolean trained) {
    /** One that comes with the model and stays as it is, but for an adapter. */
    static HeadLayer frozen(String module, Activation activation) {
      return new HeadLayer(module, Optional.of(activation), true, false);
    }

    /** One that is trained, C to C. */
    static HeadLayer trained(String module, Activation activation) {
      return new HeadLayer(module, Optional.of(activation), true, true);
    }

    /** The one that gives the logits. */
    static HeadLayer last(String module, boolean bias) {
      return new HeadLayer(module, Optional.empty(), bias, true);
    }
  }

  /** A row of a decoder: it writes text, and scores a sequence at its last token. */
  static Architecture decoder(
      String modelType,
      String models,
      Function<ModelConfigFile, TransformerConfig> config,
      String prefix,
      Map<TensorPart, String> names,
      List<String> defaultTargets) {
    return new Architecture(
        modelType,
        models,
        config,
        new Naming(prefix, names, false),
        defaultTargets,
        new ClassifierRow(
            List.of(HeadLayer.last("score", false)), names.get(TensorPart.HEAD) + "\\..*"));
  }

  /** A row of an encoder: it scores a sequence, and writes nothing. */
  static Architecture encoder(
      String modelType,
      String models,
      Function<ModelConfigFile, TransformerConfig> config,
      Map<TensorPart, String> names,
      List<String> defaultTargets,
      ClassifierRow classifier) {
    return new Architecture(
        modelType,
        models,
        config,
        new Naming(modelType + ".", names, false),
        defaultTargets,
        classifier);
  }

  /** The same with projections stored [in, out]. */
  Architecture storedInByOut() {
    return new Architecture(
        modelType,
        models,
        config,
        new Naming(naming.prefix(), naming.names(), true),
        defaultTargets,
        classifier);
  }

  /** Names of a kin, and those that differ from it. */
  static Map<TensorPart, String> names(
      Map<TensorPart, String> kin, Map<TensorPart, String> different) {
    Map<TensorPart, String> names = new EnumMap<>(kin);
    names.putAll(different);
    return names;
  }

  /** What the model is that a configuration describes. */
  public TransformerConfig read(ModelConfigFile file) {
    return config.apply(file);
  }

  /** Whether it writes text: it has a language head. */
  public boolean writes() {
    return has(TensorPart.HEAD);
  }

  /**
   * Its classification head.
   *
   * @param hidden C
   * @param options what is asked for
   * @param stored whether the model comes with a tensor
   */
  ClassifierSpec classifier(int hidden, ClassifierOptions options, Predicate<String> stored) {
    List<HeadLayer> layers = classifier.layers();
    HeadLayer last = layers.get(layers.size() - 1);
    boolean whole =
        layers.stream()
            .filter(layer -> !layer.trained())
            .allMatch(layer -> stored.test(layer.module() + ".weight"));
    Pooling own = writes() ? Pooling.LAST : Pooling.FIRST;
    if (options.pooling().isPresent() || !whole) {
      // Not HuggingFace's head: one layer over the pooled row.
      Pooling pooling = options.pooling().orElse(Pooling.MEAN);
      boolean same = layers.size() == 1 && pooling == own;
      HeadLayer only = same ? last : HeadLayer.last("classifier", true);
      return spec(List.of(only), pooling, hidden, options);
    }
    return spec(layers, own, hidden, options);
  }

  /** Whether a head is HuggingFace's {@code ForSequenceClassification}, layer for layer. */
  boolean owns(ClassifierSpec spec) {
    return spec.pooling() == (writes() ? Pooling.LAST : Pooling.FIRST)
        && spec.layers().stream()
            .map(DenseLayer::module)
            .toList()
            .equals(classifier.layers().stream().map(HeadLayer::module).toList());
  }

  private static ClassifierSpec spec(
      List<HeadLayer> layers, Pooling pooling, int hidden, ClassifierOptions options) {
    List<DenseLayer> dense = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      HeadLayer layer = layers.get(i);
      int out = i == layers.size() - 1 ? options.outputs() : hidden;
      dense.add(
          new DenseLayer(
              layer.module(), hidden, out, layer.bias(), layer.activation(), layer.trained()));
    }
    return new ClassifierSpec(pooling, dense, options.objective());
  }

  /** Whether the architecture has such a part. */
  boolean has(TensorPart part) {
    return naming.names().containsKey(part);
  }

  /** What its names begin with. */
  String prefix() {
    return naming.prefix();
  }

  /** Whether projection weights are stored [in, out]. */
  boolean inByOut() {
    return naming.inByOut();
  }

  /** The name of a part, without the prefix. */
  String name(TensorPart part) {
    String name = naming.names().get(part);
    if (name == null) {
      throw new IllegalStateException(modelType + " names no " + part);
    }
    return name;
  }

  /** The path of a part in layer {@code layer}, with the prefix. */
  String path(TensorPart part, int layer) {
    return prefix() + name(part).replace("{l}", Integer.toString(layer));
  }

  /** The path of a part outside the layers, with the prefix. */
  String path(TensorPart part) {
    return prefix() + name(part);
  }

  /** The projections that make queries, keys and values: one, or three. */
  List<TensorPart> queryKeyValue() {
    return has(TensorPart.QUERY_KEY_VALUE)
        ? List.of(TensorPart.QUERY_KEY_VALUE)
        : List.of(TensorPart.QUERY, TensorPart.KEY, TensorPart.VALUE);
  }

  /** The projections that an MLP begins with, gated or not. */
  List<TensorPart> gateUp() {
    if (has(TensorPart.GATE_UP)) {
      return List.of(TensorPart.GATE_UP);
    }
    return has(TensorPart.GATE) ? List.of(TensorPart.GATE, TensorPart.UP) : List.of(TensorPart.UP);
  }

  /** The tensor of the output head. */
  String headWeight() {
    return name(TensorPart.HEAD) + ".weight";
  }
}
