package dev.sotto.model;

import dev.sotto.checkpoint.ModelConfigFile;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * One row of {@link Architectures}: how to read a configuration, and what HuggingFace calls each
 * tensor. In names, {@code {l}} is the layer's number. Projections and norms are module paths, to
 * which {@code .weight} and {@code .bias} are added; LoRA targets and adapter files use the same
 * paths.
 *
 * @param modelType HuggingFace's {@code model_type}
 * @param config reads {@code config.json}
 * @param prefix what the names begin with; checkpoints saved without it are found too
 * @param names of the parts that the architecture has
 * @param inByOut whether projection weights are stored [in, out] (GPT-2's Conv1D) rather than [out,
 *     in]
 * @param defaultTargets suffixes of the modules LoRA adapts unless told otherwise
 */
public record Architecture(
    String modelType,
    Function<ModelConfigFile, TransformerConfig> config,
    String prefix,
    Map<TensorPart, String> names,
    boolean inByOut,
    List<String> defaultTargets) {

  /** What the model is that a configuration describes. */
  public TransformerConfig read(ModelConfigFile file) {
    return config.apply(file);
  }

  /** Whether the architecture has such a part. */
  boolean has(TensorPart part) {
    return names.containsKey(part);
  }

  /** The name of a part, without the prefix. */
  String name(TensorPart part) {
    String name = names.get(part);
    if (name == null) {
      throw new IllegalStateException(modelType + " names no " + part);
    }
    return name;
  }

  /** The path of a part in layer {@code layer}, with the prefix. */
  String path(TensorPart part, int layer) {
    return prefix + name(part).replace("{l}", Integer.toString(layer));
  }

  /** The path of a part outside the layers, with the prefix. */
  String path(TensorPart part) {
    return prefix + name(part);
  }

  /** The projections that make queries, keys and values: one, or three. */
  List<TensorPart> queryKeyValue() {
    return has(TensorPart.QUERY_KEY_VALUE)
        ? List.of(TensorPart.QUERY_KEY_VALUE)
        : List.of(TensorPart.QUERY, TensorPart.KEY, TensorPart.VALUE);
  }

  /** The tensor of the output head. */
  String headWeight() {
    return name(TensorPart.HEAD) + ".weight";
  }
}
