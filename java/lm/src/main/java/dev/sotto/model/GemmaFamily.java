package dev.sotto.model;

import static dev.sotto.model.TensorPart.ATTENTION_OUTPUT_NORM;
import static dev.sotto.model.TensorPart.MLP_NORM;
import static dev.sotto.model.TensorPart.MLP_OUTPUT_NORM;

import dev.sotto.checkpoint.ModelConfigFile;
import dev.sotto.compute.AttentionMask;
import dev.sotto.compute.AttentionShape;
import dev.sotto.model.TransformerConfig.AttentionSpec;
import dev.sotto.model.TransformerConfig.BlockSpec;
import dev.sotto.model.TransformerConfig.EmbeddingSpec;
import dev.sotto.model.TransformerConfig.LanguageHead;
import dev.sotto.model.TransformerConfig.MlpSpec;
import dev.sotto.model.TransformerConfig.NormPlace;
import dev.sotto.model.TransformerConfig.NormSpec;
import dev.sotto.model.TransformerConfig.QueryKeyNorm;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Gemma's generations: Llama's parts with a norm whose stored scale is added to 1, and embeddings
 * multiplied by √C. The second norms both ends of a branch and caps scores and logits; the third
 * norms queries and keys instead, and turns faster where attention has a window.
 */
final class GemmaFamily {
  private static final Map<TensorPart, String> OUTPUT_NORMS =
      Map.of(
          ATTENTION_OUTPUT_NORM, "layers.{l}.post_attention_layernorm",
          MLP_NORM, "layers.{l}.pre_feedforward_layernorm",
          MLP_OUTPUT_NORM, "layers.{l}.post_feedforward_layernorm");

  static final List<Architecture> ROWS =
      List.of(
          row("gemma", "Gemma", GemmaFamily::gemma, LlamaFamily.NAMES),
          row(
              "gemma2",
              "Gemma 2",
              GemmaFamily::gemma2,
              Architecture.names(LlamaFamily.NAMES, OUTPUT_NORMS)),
          row(
              "gemma3_text",
              "Gemma 3 (text)",
              GemmaFamily::gemma3,
              Architecture.names(
                  Architecture.names(LlamaFamily.NAMES, OUTPUT_NORMS), LlamaFamily.HEAD_NORMS)));

  private GemmaFamily() {}

  private static Architecture row(
      String modelType,
      String models,
      Function<ModelConfigFile, TransformerConfig> config,
      Map<TensorPart, String> names) {
    return Architecture.decoder(modelType, models, config, "model.", names, LlamaFamily.TARGETS);
  }

  private static TransformerConfig gemma(ModelConfigFile file) {
    ConfigValues values = new ConfigValues(file);
    AttentionShape shape = values.groupedHeads(values.groupsOr(16), 0, 256);
    return decoder(
        values, 8192, NormPlace.PRE, layer -> attention(values, shape, values.rope()), 0);
  }

  private static TransformerConfig gemma2(ModelConfigFile file) {
    ConfigValues values = new ConfigValues(file);
    float cap = values.capOr(50, "attn_logit_softcapping");
    AttentionShape full =
        scaled(values, values.groupedHeads(values.groupsOr(4), 0, 256)).withCap(cap);
    AttentionShape windowed = full.withMask(AttentionMask.causal(values.positiveWindowOr(4096)));
    IntPredicate sliding = values.slidingLayers(layer -> layer % 2 == 0);
    return decoder(
        values,
        8192,
        NormPlace.BOTH,
        layer -> attention(values, sliding.test(layer) ? windowed : full, values.rope()),
        values.capOr(30, "final_logit_softcapping"));
  }

  private static TransformerConfig gemma3(ModelConfigFile file) {
    ConfigValues values = new ConfigValues(file);
    float cap = values.capOr(0, "attn_logit_softcapping");
    AttentionShape full =
        scaled(values, values.groupedHeads(values.groupsOr(4), 0, 256)).withCap(cap);
    AttentionShape windowed = full.withMask(AttentionMask.causal(values.positiveWindowOr(4096)));
    int pattern = values.sizeOr(6, "sliding_window_pattern", "_sliding_window_pattern");
    IntPredicate sliding = values.slidingLayers(layer -> (layer + 1) % pattern != 0);
    RotaryFrequencies far = values.rope(1_000_000, "full_attention");
    RotaryFrequencies near = values.localRope("rope_local_base_freq", "sliding_attention");
    return decoder(
        values,
        131_072,
        NormPlace.BOTH,
        layer ->
            (sliding.test(layer) ? attention(values, windowed, near) : attention(values, full, far))
                .with(QueryKeyNorm.EACH_HEAD),
        values.capOr(0, "final_logit_softcapping"));
  }

  private static AttentionShape scaled(ConfigValues values, AttentionShape shape) {
    double scalar = values.file().doubleOr(256, "query_pre_attn_scalar");
    if (!(scalar > 0)) {
      throw values.wrong("query_pre_attn_scalar is " + scalar + ", but must be above 0");
    }
    return shape.withScale((float) (1 / Math.sqrt(scalar)));
  }

  private static AttentionSpec attention(
      ConfigValues values, AttentionShape shape, RotaryFrequencies rope) {
    boolean bias = values.file().booleanOr(false, "attention_bias");
    return new AttentionSpec(shape, Optional.of(rope), bias, bias);
  }

  /** Old files call the activation "gelu" and mean its tanh form: only the newer field counts. */
  private static TransformerConfig decoder(
      ConfigValues values,
      int positions,
      NormPlace place,
      IntFunction<AttentionSpec> attention,
      float cap) {
    NormSpec norm = values.norm(NormSpec.Kind.RMS, "rms_norm_eps", 1e-6).fromOne();
    int hidden = values.size("hidden_size");
    MlpSpec mlp =
        new MlpSpec(
            values.size("intermediate_size"),
            values.activation("hidden_activation", "gelu_pytorch_tanh"),
            true,
            false);
    return new TransformerConfig(
        values.file().requiredString("model_type"),
        hidden,
        values.sizeOr(positions, "max_position_embeddings"),
        EmbeddingSpec.of(values.size("vocab_size")).scaled((float) Math.sqrt(hidden)),
        IntStream.range(0, values.size("num_hidden_layers"))
            .mapToObj(layer -> new BlockSpec(place, norm, attention.apply(layer), mlp))
            .toList(),
        Optional.of(norm),
        new LanguageHead(values.file().booleanOr(true, "tie_word_embeddings"), false, cap));
  }
}
