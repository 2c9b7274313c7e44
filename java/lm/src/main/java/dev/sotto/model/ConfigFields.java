package dev.sotto.model;

import dev.sotto.checkpoint.ModelConfigFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which field of {@code config.json} decides whether a tensor is part of the model, and which ones
 * its shape: what a user must look at where file and configuration disagree.
 *
 * @param file the configuration
 * @param architecture how it names tensors
 * @param config what was read from it
 */
record ConfigFields(ModelConfigFile file, Architecture architecture, TransformerConfig config) {
  private static final Pattern LAYER = Pattern.compile("(?:^|\\.)(?:h|layers?)\\.(\\d+)\\.");

  /** The configuration's place in a message. */
  String place() {
    return file.file().getFileName().toString();
  }

  /** Layer of a tensor's name; −1 for one outside the layers. */
  static int layer(String tensor) {
    Matcher matcher = LAYER.matcher(tensor);
    // Nine digits fit an int; a greater number is no layer of any model.
    return matcher.find() && matcher.group(1).length() < 10
        ? Integer.parseInt(matcher.group(1))
        : -1;
  }

  /** The field and its value, {@code num_hidden_layers 4}, that says whether a tensor is used. */
  String decidingOn(String tensor) {
    if (layer(tensor) >= config.layers()) {
      return present("num_hidden_layers", "n_layer") + " " + config.layers();
    }
    if (isHead(tensor)) {
      return "tie_word_embeddings " + config.tied();
    }
    if ((config.modelType().equals("llama") || config.modelType().equals("smollm3"))
        && tensor.endsWith("_proj.bias")) {
      return tensor.contains(".mlp.")
          ? "mlp_bias " + config.block(0).mlp().bias()
          : "attention_bias " + config.block(0).attention().inputBias();
    }
    return "model_type " + config.modelType();
  }

  private boolean isHead(String tensor) {
    return architecture.writes() && tensor.equals(architecture.headWeight());
  }

  /** The fields that a tensor's shape follows from. */
  String shaping(String tensor) {
    String hidden = present("hidden_size", "n_embd");
    String heads = present("num_attention_heads", "n_head");
    if (config.head() instanceof ClassifierSpec head
        && head.layers().stream().anyMatch(layer -> tensor.startsWith(layer.module() + "."))) {
      return "the number of labels " + head.outputs() + ", " + hidden;
    }
    if (tensor.endsWith(architecture.name(TensorPart.TOKEN_TABLE)) || isHead(tensor)) {
      return "vocab_size, " + hidden;
    }
    if (architecture.has(TensorPart.POSITION_TABLE)
        && tensor.endsWith(architecture.name(TensorPart.POSITION_TABLE))) {
      return present("n_positions", "max_position_embeddings") + ", " + hidden;
    }
    if (tensor.contains(".mlp.")) {
      return hidden + ", " + present("intermediate_size", "n_inner");
    }
    if (tensor.contains("norm") || tensor.contains(".ln_")) {
      return hidden;
    }
    if (!architecture.has(TensorPart.QUERY_KEY_VALUE) && tensor.contains("attn")) {
      boolean grouped = tensor.contains(".k_proj.") || tensor.contains(".v_proj.");
      return hidden + ", " + (grouped ? "num_key_value_heads" : heads) + ", head_dim";
    }
    return hidden;
  }

  /** The name that the file itself uses for a field of several names. */
  private String present(String name, String other) {
    return file.node(name).isMissingNode() && !file.node(other).isMissingNode() ? other : name;
  }
}
