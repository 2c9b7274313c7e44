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
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

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

  private static final Architecture QWEN2 = llamaLike("qwen2", Architectures::qwen2);

  private static final Architecture SMOLLM3 = llamaLike("smollm3", Architectures::smolLm3);

  private static final List<Architecture> ALL = List.of(GPT2, LLAMA, MISTRAL, QWEN2, SMOLLM3);

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
    NormSpec norm = values.norm(NormSpec.Kind.LAYER, "layer_norm_epsilon", 1e-5);
    AttentionShape shape = ConfigValues.causal(heads, heads, hidden / heads, 0);
    BlockSpec block =
        new BlockSpec(
            norm,
            new AttentionSpec(shape, Optional.empty(), true, true),
            new MlpSpec(
                values.sizeOr(4 * hidden, "n_inner"),
                values.activation("activation_function", "gelu_new"),
                false,
                true));
    return new TransformerConfig(
        "gpt2",
        hidden,
        values.sizeOr(1024, "n_positions", "max_position_embeddings"),
        new EmbeddingSpec(values.size("vocab_size"), true),
        Collections.nCopies(values.size("n_layer", "num_hidden_layers"), block),
        new HeadSpec(norm, file.booleanOr(true, "tie_word_embeddings")));
  }

  private static TransformerConfig llama(ModelConfigFile file) {
    ConfigValues values = new ConfigValues(file);
    boolean bias = file.booleanOr(false, "attention_bias");
    AttentionShape shape = values.groupedHeads(values.size("num_attention_heads"), 0);
    return rotaryDecoder(
        values,
        values.sizeOr(2048, "max_position_embeddings"),
        layer -> new AttentionSpec(shape, Optional.of(values.rope()), bias, bias),
        file.booleanOr(false, "mlp_bias"),
        false);
  }

  /**
   * Fields that Llama alone knows do not count here, whatever they say: no projection has a bias.
   */
  private static TransformerConfig mistral(ModelConfigFile file) {
    ConfigValues values = new ConfigValues(file);
    AttentionShape shape = values.groupedHeads(values.groupsOr(8), values.windowOr(4096));
    return rotaryDecoder(
        values,
        values.sizeOr(131_072, "max_position_embeddings"),
        layer -> new AttentionSpec(shape, Optional.of(values.rope()), false, false),
        false,
        false);
  }

  /** Queries, keys and values have biases, nothing else has; a window must be switched on. */
  private static TransformerConfig qwen2(ModelConfigFile file) {
    ConfigValues values = new ConfigValues(file);
    int window = file.booleanOr(false, "use_sliding_window") ? values.windowOr(4096) : 0;
    int firstWindowed = file.intOr(28, "max_window_layers");
    AttentionShape full = values.groupedHeads(values.groupsOr(32), 0);
    AttentionShape windowed = values.groupedHeads(values.groupsOr(32), window);
    IntPredicate sliding = values.slidingLayers(layer -> layer >= firstWindowed);
    return rotaryDecoder(
        values,
        values.sizeOr(32_768, "max_position_embeddings"),
        layer ->
            new AttentionSpec(
                sliding.test(layer) ? windowed : full, Optional.of(values.rope()), true, false),
        false,
        false);
  }

  /** Some layers turn nothing; where a window is switched on, those are the ones that have it. */
  private static TransformerConfig smolLm3(ModelConfigFile file) {
    ConfigValues values = new ConfigValues(file);
    boolean bias = file.booleanOr(false, "attention_bias");
    int window = file.booleanOr(false, "use_sliding_window") ? values.windowOr(0) : 0;
    AttentionShape full = values.groupedHeads(values.groupsOr(4), 0);
    AttentionShape windowed = values.groupedHeads(values.groupsOr(4), window);
    IntPredicate turning = values.turningLayers();
    IntPredicate sliding = values.slidingLayers(turning.negate());
    RotaryFrequencies rope = values.rope(2_000_000);
    return rotaryDecoder(
        values,
        values.sizeOr(32_768, "max_position_embeddings"),
        layer ->
            new AttentionSpec(
                sliding.test(layer) ? windowed : full,
                turning.test(layer) ? Optional.of(rope) : Optional.empty(),
                bias,
                bias),
        file.booleanOr(false, "mlp_bias"),
        true);
  }

  /**
   * What Llama and its kin share. The defaults that differ, and the fields that count for one
   * family and not for another, are the caller's.
   *
   * @param attention of each layer
   * @param tied whether the head is the token table where the file does not say
   */
  private static TransformerConfig rotaryDecoder(
      ConfigValues values,
      int maxPositions,
      IntFunction<AttentionSpec> attention,
      boolean mlpBias,
      boolean tied) {
    NormSpec norm = values.norm(NormSpec.Kind.RMS, "rms_norm_eps", 1e-6);
    MlpSpec mlp =
        new MlpSpec(
            values.size("intermediate_size"),
            values.activation("hidden_act", "silu"),
            true,
            mlpBias);
    return new TransformerConfig(
        values.file().requiredString("model_type"),
        values.size("hidden_size"),
        maxPositions,
        new EmbeddingSpec(values.size("vocab_size"), false),
        IntStream.range(0, values.size("num_hidden_layers"))
            .mapToObj(layer -> new BlockSpec(norm, attention.apply(layer), mlp))
            .toList(),
        new HeadSpec(norm, values.file().booleanOr(tied, "tie_word_embeddings")));
  }
}
