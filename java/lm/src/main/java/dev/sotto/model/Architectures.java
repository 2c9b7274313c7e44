package dev.sotto.model;

import dev.sotto.base.InputException;
import dev.sotto.checkpoint.ModelConfigFile;
import dev.sotto.compute.Activation;
import dev.sotto.model.TransformerConfig.Norm;
import dev.sotto.model.TransformerConfig.Position;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The architectures that can be loaded, one row each. To add one, add a row and an oracle test. */
public final class Architectures {
  private static final Architecture GPT2 =
      new Architecture(
          "gpt2",
          Architectures::gpt2,
          "transformer.",
          "wte.weight",
          "wpe.weight",
          "h.{l}.ln_1",
          List.of("h.{l}.attn.c_attn"),
          "h.{l}.attn.c_proj",
          "h.{l}.ln_2",
          null,
          "h.{l}.mlp.c_fc",
          "h.{l}.mlp.c_proj",
          "ln_f",
          "lm_head",
          List.of("c_attn", "attn.c_proj"));

  private static final Architecture LLAMA = llamaLike("llama", Architectures::llama);

  private static final Architecture MISTRAL = llamaLike("mistral", Architectures::mistral);

  private static final List<Architecture> ALL = List.of(GPT2, LLAMA, MISTRAL);

  private Architectures() {}

  /**
   * The row for a model's configuration.
   *
   * @throws InputException if the architecture is unknown
   */
  public static Architecture of(ModelConfigFile file) {
    String type = file.requiredString("model_type");
    for (Architecture architecture : ALL) {
      if (architecture.modelType().equals(type)) {
        return architecture;
      }
    }
    String known = ALL.stream().map(Architecture::modelType).collect(Collectors.joining(", "));
    throw new InputException(
        file.file() + ": unknown architecture model_type '" + type + "'; known are " + known);
  }

  private static Architecture llamaLike(
      String modelType, Function<ModelConfigFile, TransformerConfig> config) {
    return new Architecture(
        modelType,
        config,
        "model.",
        "embed_tokens.weight",
        null,
        "layers.{l}.input_layernorm",
        List.of(
            "layers.{l}.self_attn.q_proj",
            "layers.{l}.self_attn.k_proj",
            "layers.{l}.self_attn.v_proj"),
        "layers.{l}.self_attn.o_proj",
        "layers.{l}.post_attention_layernorm",
        "layers.{l}.mlp.gate_proj",
        "layers.{l}.mlp.up_proj",
        "layers.{l}.mlp.down_proj",
        "norm",
        "lm_head",
        List.of("q_proj", "k_proj", "v_proj", "o_proj"));
  }

  private static TransformerConfig gpt2(ModelConfigFile file) {
    int hidden = positive(file, file.requiredInt("n_embd", "hidden_size"), "n_embd");
    int heads = positive(file, file.requiredInt("n_head", "num_attention_heads"), "n_head");
    if (hidden % heads != 0) {
      throw new InputException(
          file.file() + ": n_embd " + hidden + " is not a multiple of n_head " + heads);
    }
    refuse(
        file,
        file.booleanOr(false, "scale_attn_by_inverse_layer_idx"),
        "scale_attn_by_inverse_layer_idx");
    refuse(file, !file.booleanOr(true, "scale_attn_weights"), "scale_attn_weights = false");
    refuse(file, file.booleanOr(false, "add_cross_attention"), "add_cross_attention");
    return new TransformerConfig(
        "gpt2",
        positive(file, file.requiredInt("vocab_size"), "vocab_size"),
        hidden,
        positive(file, file.requiredInt("n_layer", "num_hidden_layers"), "n_layer"),
        heads,
        heads,
        hidden / heads,
        positive(file, file.intOr(4 * hidden, "n_inner"), "n_inner"),
        positive(file, file.intOr(1024, "n_positions", "max_position_embeddings"), "n_positions"),
        Norm.LAYER,
        epsilon(file, file.doubleOr(1e-5, "layer_norm_epsilon")),
        Position.LEARNED,
        null,
        activation(file, file.stringOr("gelu_new", "activation_function")),
        false,
        file.booleanOr(true, "tie_word_embeddings"),
        true,
        true,
        true,
        true,
        0,
        true);
  }

  private static TransformerConfig llama(ModelConfigFile file) {
    int heads = positive(file, file.requiredInt("num_attention_heads"), "num_attention_heads");
    return rotaryDecoder(
        file,
        file.intOr(heads, "num_key_value_heads"),
        file.intOr(2048, "max_position_embeddings"),
        file.booleanOr(false, "attention_bias"),
        file.booleanOr(false, "mlp_bias"),
        0);
  }

  /**
   * Fields that Llama alone knows do not count here, whatever they say: no projection has a bias.
   */
  private static TransformerConfig mistral(ModelConfigFile file) {
    int heads = positive(file, file.requiredInt("num_attention_heads"), "num_attention_heads");
    int kvHeads = file.has("num_key_value_heads") ? heads : 8;
    int window = file.has("sliding_window") ? 0 : 4096;
    return rotaryDecoder(
        file,
        file.intOr(kvHeads, "num_key_value_heads"),
        file.intOr(131_072, "max_position_embeddings"),
        false,
        false,
        file.intOr(window, "sliding_window"));
  }

  /**
   * What Llama and its kin share. The defaults that differ, and the fields that count for one
   * family and not for another, are the caller's.
   */
  private static TransformerConfig rotaryDecoder(
      ModelConfigFile file,
      int kvHeads,
      int maxPositions,
      boolean attentionBias,
      boolean mlpBias,
      int window) {
    int hidden = positive(file, file.requiredInt("hidden_size"), "hidden_size");
    int heads = positive(file, file.requiredInt("num_attention_heads"), "num_attention_heads");
    positive(file, kvHeads, "num_key_value_heads");
    if (heads % kvHeads != 0) {
      throw new InputException(
          file.file()
              + ": num_attention_heads "
              + heads
              + " is not a multiple of num_key_value_heads "
              + kvHeads);
    }
    if (file.node("head_dim").isMissingNode() && hidden % heads != 0) {
      throw new InputException(
          file.file()
              + ": hidden_size "
              + hidden
              + " is not a multiple of num_attention_heads "
              + heads
              + ", and there is no head_dim; add it");
    }
    int headDim = positive(file, file.intOr(hidden / heads, "head_dim"), "head_dim");
    if (headDim % 2 != 0) {
      throw new InputException(
          file.file() + ": head_dim " + headDim + " is odd; rotary embeddings need an even one");
    }
    if (window < 0) {
      throw new InputException(
          file.file() + ": sliding_window " + window + " is negative; it must be null or positive");
    }
    return new TransformerConfig(
        file.requiredString("model_type"),
        positive(file, file.requiredInt("vocab_size"), "vocab_size"),
        hidden,
        positive(file, file.requiredInt("num_hidden_layers"), "num_hidden_layers"),
        heads,
        kvHeads,
        headDim,
        positive(file, file.requiredInt("intermediate_size"), "intermediate_size"),
        positive(file, maxPositions, "max_position_embeddings"),
        Norm.RMS,
        epsilon(file, file.doubleOr(1e-6, "rms_norm_eps")),
        Position.ROTARY,
        rotary(file),
        activation(file, file.stringOr("silu", "hidden_act")),
        true,
        file.booleanOr(false, "tie_word_embeddings"),
        attentionBias,
        attentionBias,
        mlpBias,
        true,
        window,
        false);
  }

  /** Newer files keep theta beside the scaling, in {@code rope_parameters}. */
  private static RotaryFrequencies rotary(ModelConfigFile file) {
    try {
      return frequencies(file);
    } catch (IllegalArgumentException e) {
      throw new InputException(file.file() + ": " + e.getMessage(), e);
    }
  }

  private static RotaryFrequencies frequencies(ModelConfigFile file) {
    String section = file.node("rope_scaling").isEmpty() ? "rope_parameters" : "rope_scaling";
    double theta = file.doubleOr(10000.0, "rope_theta");
    ModelConfigFile scaling = file.child(section);
    if (scaling == null) {
      return new RotaryFrequencies(theta, null);
    }
    theta = scaling.doubleOr(theta, "rope_theta");
    String type = scaling.stringOr("default", "rope_type", "type");
    return switch (type) {
      case "default" -> new RotaryFrequencies(theta, null);
      case "llama3" -> {
        refuse(file, file.doubleOr(1, "partial_rotary_factor") != 1, "partial_rotary_factor");
        refuse(file, scaling.doubleOr(1, "partial_rotary_factor") != 1, "partial_rotary_factor");
        yield new RotaryFrequencies(
            theta,
            new RotaryFrequencies.Llama3Scaling(
                scaling.requiredDouble("factor"),
                scaling.requiredDouble("low_freq_factor"),
                scaling.requiredDouble("high_freq_factor"),
                scaling.requiredDouble("original_max_position_embeddings")));
      }
      default ->
          throw new InputException(
              file.file() + ": rope type '" + type + "' is not supported; use default or llama3");
    };
  }

  private static Activation activation(ModelConfigFile file, String name) {
    return switch (name) {
      case "gelu_new", "gelu_pytorch_tanh" -> Activation.GELU_TANH;
      case "gelu" -> Activation.GELU_ERF;
      case "silu", "swish" -> Activation.SILU;
      default ->
          throw new InputException(
              file.file()
                  + ": activation '"
                  + name
                  + "' is not supported; use gelu_new, gelu or silu");
    };
  }

  private static int positive(ModelConfigFile file, int value, String field) {
    if (value < 1) {
      throw new InputException(
          file.file() + ": " + field + " is " + value + ", but must be positive");
    }
    return value;
  }

  private static float epsilon(ModelConfigFile file, double value) {
    if (!(value > 0) || value > 1) {
      throw new InputException(file.file() + ": norm epsilon " + value + " is not in (0, 1]");
    }
    return (float) value;
  }

  private static void refuse(ModelConfigFile file, boolean present, String feature) {
    if (present) {
      throw new InputException(file.file() + ": " + feature + " is not supported");
    }
  }
}
