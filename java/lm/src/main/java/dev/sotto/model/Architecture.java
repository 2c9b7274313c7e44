package dev.sotto.model;

import dev.sotto.checkpoint.ModelConfigFile;
import java.util.List;
import java.util.function.Function;

/**
 * One row of {@link Architectures}: how to read a configuration, and what HuggingFace calls each
 * tensor. In names, {@code {l}} is the layer's number; a null name means that the architecture has
 * no such tensor. Projections are module paths, to which {@code .weight} and {@code .bias} are
 * added; LoRA targets and adapter files use the same paths.
 *
 * @param modelType HuggingFace's {@code model_type}
 * @param config reads {@code config.json}
 * @param prefix what the names below begin with; checkpoints saved without it are found too
 * @param tokenTable token embedding
 * @param positionTable learned position embedding
 * @param attentionNorm norm before attention
 * @param queryKeyValue one fused projection, or three
 * @param attentionOutput output projection of attention
 * @param mlpNorm norm before the MLP
 * @param gate gate projection of a gated MLP
 * @param up first projection of the MLP
 * @param down second projection of the MLP
 * @param finalNorm norm before the head
 * @param head output head's path, without prefix; not stored when tied
 * @param defaultTargets suffixes of the modules LoRA adapts unless told otherwise
 */
public record Architecture(
    String modelType,
    Function<ModelConfigFile, TransformerConfig> config,
    String prefix,
    String tokenTable,
    String positionTable,
    String attentionNorm,
    List<String> queryKeyValue,
    String attentionOutput,
    String mlpNorm,
    String gate,
    String up,
    String down,
    String finalNorm,
    String head,
    List<String> defaultTargets) {

  /** The path of a module in layer {@code layer}, with the prefix. */
  String path(String name, int layer) {
    return prefix + name.replace("{l}", Integer.toString(layer));
  }
}
