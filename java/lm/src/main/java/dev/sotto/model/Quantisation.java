package dev.sotto.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sotto.base.InputException;
import dev.sotto.checkpoint.ModelConfigFile;
import java.util.List;
import java.util.StringJoiner;

/**
 * Says of a checkpoint whose matrices are quantised what it is and what to load instead. Each
 * method of quantisation stores its own tensors; all are known by what the configuration says, or
 * by what stands where a weight belongs.
 */
final class Quantisation {
  /** Where the tools write it; the last is MLX's. */
  private static final List<String> SECTIONS =
      List.of("quantization_config", "compression_config", "quantization");

  private static final List<String> DETAILS =
      List.of("quant_method", "quant_algo", "bits", "fmt", "format", "bnb_4bit_quant_type");

  private static final String INSTEAD =
      "; load the original model with F32, F16 or BF16 weights, or save this one dequantised";

  private Quantisation() {}

  /**
   * Refuses a configuration that says so.
   *
   * @throws InputException naming the section and the method
   */
  static void refuse(ModelConfigFile file) {
    for (String name : SECTIONS) {
      JsonNode section = file.node(name);
      if (section.isObject() && !section.isEmpty()) {
        throw new InputException(
            file.file()
                + ": the weights are quantised ("
                + name
                + described(section)
                + "), and training needs the exact ones"
                + INSTEAD);
      }
    }
  }

  private static String described(JsonNode section) {
    StringJoiner words = new StringJoiner(", ", ": ", "").setEmptyValue("");
    for (String field : DETAILS) {
      JsonNode value = section.path(field);
      if (value.isTextual() || value.isNumber()) {
        String text = value.asText();
        words.add(field + " " + (text.length() <= 40 ? text : text.substring(0, 40) + "..."));
      }
    }
    for (String field : List.of("load_in_8bit", "load_in_4bit")) {
      if (section.path(field).asBoolean()) {
        words.add(field);
      }
    }
    return words.toString();
  }

  /**
   * For a weight that is stored as something else.
   *
   * @param place file or directory
   * @param tensor what stands there
   * @param form its type, or what is missing
   */
  static InputException of(Object place, String tensor, String form) {
    return new InputException(
        place
            + ": the weights are quantised (tensor '"
            + tensor
            + "' "
            + form
            + "), and training needs the exact ones"
            + INSTEAD);
  }
}
