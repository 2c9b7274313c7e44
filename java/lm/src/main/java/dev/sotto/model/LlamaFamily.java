package dev.sotto.model;

import static dev.sotto.model.TensorPart.ATTENTION_NORM;
import static dev.sotto.model.TensorPart.ATTENTION_OUTPUT;
import static dev.sotto.model.TensorPart.DOWN;
import static dev.sotto.model.TensorPart.FINAL_NORM;
import static dev.sotto.model.TensorPart.GATE;
import static dev.sotto.model.TensorPart.GATE_UP;
import static dev.sotto.model.TensorPart.HEAD;
import static dev.sotto.model.TensorPart.KEY;
import static dev.sotto.model.TensorPart.KEY_NORM;
import static dev.sotto.model.TensorPart.MLP_NORM;
import static dev.sotto.model.TensorPart.QUERY;
import static dev.sotto.model.TensorPart.QUERY_KEY_VALUE;
import static dev.sotto.model.TensorPart.QUERY_NORM;
import static dev.sotto.model.TensorPart.TOKEN_TABLE;
import static dev.sotto.model.TensorPart.UP;
import static dev.sotto.model.TensorPart.VALUE;

import dev.sotto.checkpoint.ModelConfigFile;
import dev.sotto.compute.AttentionShape;
import dev.sotto.model.TransformerConfig.AttentionSpec;
import dev.sotto.model.TransformerConfig.BlockSpec;
import dev.sotto.model.TransformerConfig.EmbeddingSpec;
import dev.sotto.model.TransformerConfig.LanguageHead;
import dev.sotto.model.TransformerConfig.MlpSpec;
import dev.sotto.model.TransformerConfig.NormPlace;
import dev.sotto.model.TransformerConfig.NormSpec;
import dev.sotto.model.TransformerConfig.QueryKeyNorm;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Llama and its kin: RMSNorm, rotary positions, a gated MLP. The defaults that differ, and the
 * fields that count for one and not for another, stand in each one's method; they are those of
 * HuggingFace's configuration classes.
 */
final class LlamaFamily {
  static final Map<TensorPart, String> NAMES =
      Map.ofEntries(
          Map.entry(TOKEN_TABLE, "embed_tokens.weight"),
          Map.entry(ATTENTION_NORM, "layers.{l}.input_layernorm"),
          Map.entry(QUERY, "layers.{l}.self_attn.q_proj"),
          Map.entry(KEY, "layers.{l}.self_attn.k_proj"),
          Map.entry(VALUE, "layers.{l}.self_attn.v_proj"),
          Map.entry(ATTENTION_OUTPUT, "layers.{l}.self_attn.o_proj"),
          Map.entry(MLP_NORM, "layers.{l}.post_attention_layernorm"),
          Map.entry(GATE, "layers.{l}.mlp.gate_proj"),
          Map.entry(UP, "layers.{l}.mlp.up_proj"),
          Map.entry(DOWN, "layers.{l}.mlp.down_proj"),
          Map.entry(FINAL_NORM, "norm"),
          Map.entry(HEAD, "lm_head"));

  /** Norms of queries and keys. */
  static final Map<TensorPart, String> HEAD_NORMS =
      Map.of(
          QUERY_NORM, "layers.{l}.self_attn.q_norm",
          KEY_NORM, "layers.{l}.self_attn.k_norm");

  static final List<String> TARGETS = List.of("q_proj", "k_proj", "v_proj", "o_proj");

  static final List<Architecture> ROWS =
      List.of(
          row("llama", "Llama 2 and 3, SmolLM, SmolLM2", LlamaFamily::llama, Map.of()),
          row("mistral", "Mistral", LlamaFamily::mistral, Map.of()),
          row("qwen2", "Qwen2, Qwen2.5", LlamaFamily::qwen2, Map.of()),
          row("qwen3", "Qwen3", LlamaFamily::qwen3, HEAD_NORMS),
          row("smollm3", "SmolLM3", LlamaFamily::smolLm3, Map.of()),
          phi3Row(),
          row("olmo2", "OLMo 2", LlamaFamily::olmo2, olmo2Names()));

  private LlamaFamily() {}

  private static Architecture row(
      String modelType,
      String models,
      Function<ModelConfigFile, TransformerConfig> config,
      Map<TensorPart, String> more) {
    return Architecture.decoder(
        modelType, models, config, "model.", Architecture.names(NAMES, more), TARGETS);
  }

  private static Architecture phi3Row() {
    Map<TensorPart, String> names = new EnumMap<>(NAMES);
    List.of(QUERY, KEY, VALUE, GATE, UP).forEach(names::remove);
    names.put(QUERY_KEY_VALUE, "layers.{l}.self_attn.qkv_proj");
    names.put(GATE_UP, "layers.{l}.mlp.gate_up_proj");
    return Architecture.decoder(
        "phi3", "Phi-3", LlamaFamily::phi3, "model.", names, List.of("qkv_proj", "o_proj"));
  }

  private static Map<TensorPart, String> olmo2Names() {
    Map<TensorPart, String> names = new EnumMap<>(HEAD_NORMS);
    names.put(ATTENTION_NORM, "layers.{l}.post_attention_layernorm");
    names.put(MLP_NORM, "layers.{l}.post_feedforward_layernorm");
    return names;
  }

  private static TransformerConfig llama(ModelConfigFile file) {
    ConfigValues values = new ConfigValues(file);
    boolean bias = file.booleanOr(false, "attention_bias");
    AttentionShape shape = values.groupedHeads(values.size("num_attention_heads"), 0);
    return decoder(
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
    return decoder(
        values,
        values.sizeOr(131_072, "max_position_embeddings"),
        layer -> new AttentionSpec(shape, Optional.of(values.rope()), false, false),
        false,
        false);
  }

  /** Queries, keys and values have biases, nothing else has; a window must be switched on. */
  private static TransformerConfig qwen2(ModelConfigFile file) {
    ConfigValues values = new ConfigValues(file);
    IntFunction<AttentionShape> shape = switchedWindow(values, 0);
    return decoder(
        values,
        values.sizeOr(32_768, "max_position_embeddings"),
        layer -> new AttentionSpec(shape.apply(layer), Optional.of(values.rope()), true, false),
        false,
        false);
  }

  /** Queries and keys of each head are normed; biases must be switched on. */
  private static TransformerConfig qwen3(ModelConfigFile file) {
    ConfigValues values = new ConfigValues(file);
    boolean bias = file.booleanOr(false, "attention_bias");
    IntFunction<AttentionShape> shape = switchedWindow(values, 128);
    return decoder(
        values,
        values.sizeOr(32_768, "max_position_embeddings"),
        layer ->
            new AttentionSpec(shape.apply(layer), Optional.of(values.rope()), bias, bias)
                .with(QueryKeyNorm.EACH_HEAD),
        false,
        false);
  }

  /** Full attention, or a window from layer {@code max_window_layers} on where it is used. */
  private static IntFunction<AttentionShape> switchedWindow(ConfigValues values, int headDim) {
    ModelConfigFile file = values.file();
    int window = file.booleanOr(false, "use_sliding_window") ? values.windowOr(4096) : 0;
    int firstWindowed = file.intOr(28, "max_window_layers");
    AttentionShape full = values.groupedHeads(values.groupsOr(32), 0, headDim);
    AttentionShape windowed = values.groupedHeads(values.groupsOr(32), window, headDim);
    IntPredicate sliding = values.slidingLayers(layer -> layer >= firstWindowed);
    return layer -> sliding.test(layer) ? windowed : full;
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
    return decoder(
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

  /** One matrix makes queries, keys and values, another gate and up. No projection has a bias. */
  private static TransformerConfig phi3(ModelConfigFile file) {
    ConfigValues values = new ConfigValues(file);
    AttentionShape shape =
        values.groupedHeads(values.size("num_attention_heads"), values.windowOr(0));
    double share = file.doubleOr(1, "partial_rotary_factor");
    int rotary = values.rotaryDim(shape.headDim(), share, "partial_rotary_factor");
    return decoder(
        values,
        values.sizeOr(4096, "max_position_embeddings"),
        layer ->
            new AttentionSpec(shape, Optional.of(values.rope()), false, false)
                .withRotaryDim(rotary),
        NormPlace.PRE,
        values.norm(NormSpec.Kind.RMS, "rms_norm_eps", 1e-5),
        false,
        false);
  }

  /** Norms stand behind the branches; queries and keys are normed over all heads together. */
  private static TransformerConfig olmo2(ModelConfigFile file) {
    ConfigValues values = new ConfigValues(file);
    boolean bias = file.booleanOr(false, "attention_bias");
    AttentionShape shape = values.groupedHeads(values.size("num_attention_heads"), 0);
    return decoder(
        values,
        values.sizeOr(2048, "max_position_embeddings"),
        layer ->
            new AttentionSpec(shape, Optional.of(values.rope()), bias, bias)
                .with(QueryKeyNorm.ALL_HEADS),
        NormPlace.OUTPUT,
        values.norm(NormSpec.Kind.RMS, "rms_norm_eps", 1e-5),
        false,
        false);
  }

  private static TransformerConfig decoder(
      ConfigValues values,
      int maxPositions,
      IntFunction<AttentionSpec> attention,
      boolean mlpBias,
      boolean tied) {
    NormSpec norm = values.norm(NormSpec.Kind.RMS, "rms_norm_eps", 1e-6);
    return decoder(values, maxPositions, attention, NormPlace.PRE, norm, mlpBias, tied);
  }

  /**
   * What they share.
   *
   * @param attention of each layer
   * @param tied whether the head is the token table where the file does not say
   */
  private static TransformerConfig decoder(
      ConfigValues values,
      int maxPositions,
      IntFunction<AttentionSpec> attention,
      NormPlace place,
      NormSpec norm,
      boolean mlpBias,
      boolean tied) {
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
        EmbeddingSpec.of(values.size("vocab_size")),
        IntStream.range(0, values.size("num_hidden_layers"))
            .mapToObj(layer -> new BlockSpec(place, norm, attention.apply(layer), mlp))
            .toList(),
        Optional.of(norm),
        new LanguageHead(values.file().booleanOr(tied, "tie_word_embeddings"), false, 0));
  }
}
