package dev.sotto.model;

import static dev.sotto.model.TensorPart.ATTENTION_NORM;
import static dev.sotto.model.TensorPart.ATTENTION_OUTPUT;
import static dev.sotto.model.TensorPart.DOWN;
import static dev.sotto.model.TensorPart.FINAL_NORM;
import static dev.sotto.model.TensorPart.GATE;
import static dev.sotto.model.TensorPart.HEAD;
import static dev.sotto.model.TensorPart.KEY;
import static dev.sotto.model.TensorPart.MLP_NORM;
import static dev.sotto.model.TensorPart.POSITION_TABLE;
import static dev.sotto.model.TensorPart.QUERY;
import static dev.sotto.model.TensorPart.QUERY_KEY_VALUE;
import static dev.sotto.model.TensorPart.TOKEN_TABLE;
import static dev.sotto.model.TensorPart.UP;
import static dev.sotto.model.TensorPart.VALUE;
import static java.util.Map.entry;

import dev.sotto.base.InputException;
import dev.sotto.checkpoint.ModelConfigFile;
import dev.sotto.compute.AttentionShape;
import dev.sotto.model.TransformerConfig.AttentionSpec;
import dev.sotto.model.TransformerConfig.BlockSpec;
import dev.sotto.model.TransformerConfig.EmbeddingSpec;
import dev.sotto.model.TransformerConfig.HeadSpec;
import dev.sotto.model.TransformerConfig.MlpSpec;
import dev.sotto.model.TransformerConfig.NormSpec;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The architectures that can be loaded, one row each. To add one, add a row and an oracle test. */
public final class Architectures {
  private static final Architecture GPT2 =
      new Architecture(
          "gpt2",
          Architectures::gpt2,
          "transformer.",
          Map.ofEntries(
              entry(TOKEN_TABLE, "wte.weight"),
              entry(POSITION_TABLE, "wpe.weight"),
              entry(ATTENTION_NORM, "h.{l}.ln_1"),
              entry(QUERY_KEY_VALUE, "h.{l}.attn.c_attn"),
              entry(ATTENTION_OUTPUT, "h.{l}.attn.c_proj"),
              entry(MLP_NORM, "h.{l}.ln_2"),
              entry(UP, "h.{l}.mlp.c_fc"),
              entry(DOWN, "h.{l}.mlp.c_proj"),
              entry(FINAL_NORM, "ln_f"),
              entry(HEAD, "lm_head")),
          true,
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
        Map.ofEntries(
            entry(TOKEN_TABLE, "embed_tokens.weight"),
            entry(ATTENTION_NORM, "layers.{l}.input_layernorm"),
            entry(QUERY, "layers.{l}.self_attn.q_proj"),
            entry(KEY, "layers.{l}.self_attn.k_proj"),
            entry(VALUE, "layers.{l}.self_attn.v_proj"),
            entry(ATTENTION_OUTPUT, "layers.{l}.self_attn.o_proj"),
            entry(MLP_NORM, "layers.{l}.post_attention_layernorm"),
            entry(GATE, "layers.{l}.mlp.gate_proj"),
            entry(UP, "layers.{l}.mlp.up_proj"),
            entry(DOWN, "layers.{l}.mlp.down_proj"),
            entry(FINAL_NORM, "norm"),
            entry(HEAD, "lm_head")),
        false,
        List.of("q_proj", "k_proj", "v_proj", "o_proj"));
  }

  private static TransformerConfig gpt2(ModelConfigFile file) {
    ConfigValues values = new ConfigValues(file);
    int hidden = values.size("n_embd", "hidden_size");
    int heads = values.size("n_head", "num_attention_heads");
    if (hidden % heads != 0) {
      throw values.wrong("n_embd " + hidden + " is not a multiple of n_head " + heads);
    }
    values.refuse(
        file.booleanOr(false, "scale_attn_by_inverse_layer_idx"),
        "scale_attn_by_inverse_layer_idx");
    values.refuse(!file.booleanOr(true, "scale_attn_weights"), "scale_attn_weights = false");
    values.refuse(file.booleanOr(false, "add_cross_attention"), "add_cross_attention");
    AttentionShape shape = ConfigValues.causal(heads, heads, hidden / heads, 0);
    return new TransformerConfig(
        "gpt2",
        hidden,
        values.size("n_layer", "num_hidden_layers"),
        values.sizeOr(1024, "n_positions", "max_position_embeddings"),
        new EmbeddingSpec(values.size("vocab_size"), true),
        new BlockSpec(
            values.norm(NormSpec.Kind.LAYER, "layer_norm_epsilon", 1e-5),
            new AttentionSpec(shape, Optional.empty(), true, true),
            new MlpSpec(
                values.sizeOr(4 * hidden, "n_inner"),
                values.activation("activation_function", "gelu_new"),
                false,
                true)),
        new HeadSpec(file.booleanOr(true, "tie_word_embeddings")));
  }

  private static TransformerConfig llama(ModelConfigFile file) {
    ConfigValues values = new ConfigValues(file);
    boolean bias = file.booleanOr(false, "attention_bias");
    AttentionShape shape = values.groupedHeads(values.size("num_attention_heads"), 0);
    return rotaryDecoder(
        values,
        values.sizeOr(2048, "max_position_embeddings"),
        new AttentionSpec(shape, Optional.of(values.rope()), bias, bias),
        file.booleanOr(false, "mlp_bias"));
  }

  /**
   * Fields that Llama alone knows do not count here, whatever they say: no projection has a bias.
   */
  private static TransformerConfig mistral(ModelConfigFile file) {
    ConfigValues values = new ConfigValues(file);
    int heads = values.size("num_attention_heads");
    int kvHeads = file.has("num_key_value_heads") ? heads : 8;
    int window = file.has("sliding_window") ? 0 : 4096;
    AttentionShape shape = values.groupedHeads(kvHeads, file.intOr(window, "sliding_window"));
    return rotaryDecoder(
        values,
        values.sizeOr(131_072, "max_position_embeddings"),
        new AttentionSpec(shape, Optional.of(values.rope()), false, false),
        false);
  }

  /**
   * What Llama and its kin share. The defaults that differ, and the fields that count for one
   * family and not for another, are the caller's.
   */
  private static TransformerConfig rotaryDecoder(
      ConfigValues values, int maxPositions, AttentionSpec attention, boolean mlpBias) {
    return new TransformerConfig(
        values.file().requiredString("model_type"),
        values.size("hidden_size"),
        values.size("num_hidden_layers"),
        maxPositions,
        new EmbeddingSpec(values.size("vocab_size"), false),
        new BlockSpec(
            values.norm(NormSpec.Kind.RMS, "rms_norm_eps", 1e-6),
            attention,
            new MlpSpec(
                values.size("intermediate_size"),
                values.activation("hidden_act", "silu"),
                true,
                mlpBias)),
        new HeadSpec(values.file().booleanOr(false, "tie_word_embeddings")));
  }
}
