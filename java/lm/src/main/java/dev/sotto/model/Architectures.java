package dev.sotto.model;

import dev.sotto.base.InputException;
import dev.sotto.checkpoint.ModelConfigFile;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The architectures that can be loaded, one row each. To add one, add a row and an oracle test. */
public final class Architectures {
  private static final List<Architecture> ALL =
      Stream.of(LayerNormDecoders.ROWS, LlamaFamily.ROWS, GemmaFamily.ROWS, BertFamily.ROWS)
          .flatMap(List::stream)
          .toList();

  private Architectures() {}

  /** Every row. */
  public static List<Architecture> all() {
    return ALL;
  }

  /**
   * The row for a model's configuration.
   *
   * @throws InputException if the architecture is unknown, or a mixture of experts
   */
  public static Architecture of(ModelConfigFile file) {
    String type = file.requiredString("model_type");
    for (Architecture architecture : ALL) {
      if (architecture.modelType().equals(type)) {
        return architecture;
      }
    }
    if (hasExperts(file)) {
      throw new InputException(
          file.file()
              + ": model_type '"
              + type
              + "' is a mixture of experts, which is not supported; choose a dense model");
    }
    String known = ALL.stream().map(Architecture::modelType).collect(Collectors.joining(", "));
    throw new InputException(
        file.file() + ": unknown architecture model_type '" + type + "'; known are " + known);
  }

  private static boolean hasExperts(ModelConfigFile file) {
    return !file.node("num_local_experts", "num_experts", "n_routed_experts").isMissingNode();
  }
}
