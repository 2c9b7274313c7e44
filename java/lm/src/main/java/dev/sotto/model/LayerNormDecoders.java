package dev.sotto.model;

import static dev.sotto.model.TensorPart.ATTENTION_NORM;
import static dev.sotto.model.TensorPart.ATTENTION_OUTPUT;
import static dev.sotto.model.TensorPart.DOWN;
import static dev.sotto.model.TensorPart.FINAL_NORM;
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

import dev.sotto.checkpoint.ModelConfigFile;
import dev.sotto.compute.AttentionShape;
import dev.sotto.model.TransformerConfig.AttentionSpec;
import dev.sotto.model.TransformerConfig.BlockSpec;
import dev.sotto.model.TransformerConfig.EmbeddingSpec;
import dev.sotto.model.TransformerConfig.LanguageHead;
import dev.sotto.model.TransformerConfig.MlpSpec;
import dev.sotto.model.TransformerConfig.NormPlace;
import dev.sotto.model.TransformerConfig.NormSpec;
import dev.sotto.model.TransformerConfig.PositionSpec;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Decoders with LayerNorm and biases: GPT-2, OPT, GPT-NeoX and Phi. */
final class LayerNormDecoders {
  /** Conv1D weights stand [in, out]. */
  private static final Architecture GPT2 =
      Architecture.decoder(
              "gpt2",
              "GPT-2",
              LayerNormDecoders::gpt2,
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
              List.of("c_attn", "attn.c_proj"))
          .storedInByOut();

  private static final Architecture OPT =
      Architecture.decoder(
          "opt",
          "OPT",
          LayerNormDecoders::opt,
          "model.decoder.",
          Map.ofEntries(
              entry(TOKEN_TABLE, "embed_tokens.weight"),
              entry(POSITION_TABLE, "embed_positions.weight"),
              entry(ATTENTION_NORM, "layers.{l}.self_attn_layer_norm"),
              entry(QUERY, "layers.{l}.self_attn.q_proj"),
              entry(KEY, "layers.{l}.self_attn.k_proj"),
              entry(VALUE, "layers.{l}.self_attn.v_proj"),
              entry(ATTENTION_OUTPUT, "layers.{l}.self_attn.out_proj"),
              entry(MLP_NORM, "layers.{l}.final_layer_norm"),
              entry(UP, "layers.{l}.fc1"),
              entry(DOWN, "layers.{l}.fc2"),
              entry(FINAL_NORM, "final_layer_norm"),
              entry(HEAD, "lm_head")),
          List.of("q_proj", "k_proj", "v_proj", "out_proj"));

  private static final Architecture GPT_NEOX =
      Architecture.decoder(
          "gpt_neox",
          "GPT-NeoX, Pythia",
          LayerNormDecoders::gptNeoX,
          "gpt_neox.",
          Map.ofEntries(
              entry(TOKEN_TABLE, "embed_in.weight"),
              entry(ATTENTION_NORM, "layers.{l}.input_layernorm"),
              entry(QUERY_KEY_VALUE, "layers.{l}.attention.query_key_value"),
              entry(ATTENTION_OUTPUT, "layers.{l}.attention.dense"),
              entry(MLP_NORM, "layers.{l}.post_attention_layernorm"),
              entry(UP, "layers.{l}.mlp.dense_h_to_4h"),
              entry(DOWN, "layers.{l}.mlp.dense_4h_to_h"),
              entry(FINAL_NORM, "final_layer_norm"),
              entry(HEAD, "embed_out")),
          List.of("query_key_value", "dense"));

  private static final Architecture PHI =
      Architecture.decoder(
          "phi",
          "Phi-1.5, Phi-2",
          LayerNormDecoders::phi,
          "model.",
          Map.ofEntries(
              entry(TOKEN_TABLE, "embed_tokens.weight"),
              entry(ATTENTION_NORM, "layers.{l}.input_layernorm"),
              entry(QUERY, "layers.{l}.self_attn.q_proj"),
              entry(KEY, "layers.{l}.self_attn.k_proj"),
              entry(VALUE, "layers.{l}.self_attn.v_proj"),
              entry(ATTENTION_OUTPUT, "layers.{l}.self_attn.dense"),
              entry(MLP_NORM, "layers.{l}.input_layernorm"),
              entry(UP, "layers.{l}.mlp.fc1"),
              entry(DOWN, "layers.{l}.mlp.fc2"),
              entry(FINAL_NORM, "final_layernorm"),
              entry(HEAD, "lm_head")),
          List.of("q_proj", "k_proj", "v_proj", "dense"));

  static final List<Architecture> ROWS = List.of(GPT2, OPT, GPT_NEOX, PHI);

  private LayerNormDecoders() {}

  private static TransformerConfig gpt2(ModelConfigFile file) {
    ConfigValues values = new ConfigValues(file);
    int hidden = values.size("n_embd", "hidden_size");
    int heads = values.size("n_head", "num_attention_heads");
    values.refuse(
        file.booleanOr(false, "scale_attn_by_inverse_layer_idx"),
        "scale_attn_by_inverse_layer_idx");
    values.refuse(!file.booleanOr(true, "scale_attn_weights"), "scale_attn_weights = false");
    values.refuse(file.booleanOr(false, "add_cross_attention"), "add_cross_attention");
    NormSpec norm = values.norm(NormSpec.Kind.LAYER, "layer_norm_epsilon", 1e-5);
    int headDim = values.headDim(hidden, heads, "n_embd", "n_head");
    AttentionShape shape = ConfigValues.causal(heads, heads, headDim, 0);
    MlpSpec mlp =
        new MlpSpec(
            values.sizeOr(4 * hidden, "n_inner"),
            values.activation("activation_function", "gelu_new"),
            false,
            true);
    int positions = values.sizeOr(1024, "n_positions", "max_position_embeddings");
    return decoder(
        values,
        hidden,
        positions,
        EmbeddingSpec.of(values.size("vocab_size"), new PositionSpec(positions, 0)),
        new BlockSpec(
            NormPlace.PRE, norm, new AttentionSpec(shape, Optional.empty(), true, true), mlp),
        values.size("n_layer", "num_hidden_layers"),
        new LanguageHead(file.booleanOr(true, "tie_word_embeddings"), false, 0));
  }

  /** Row 2 of the position table is that of the first token; LayerNorm's ε is in the code alone. */
  private static TransformerConfig opt(ModelConfigFile file) {
    ConfigValues values = new ConfigValues(file);
    int hidden = values.size("hidden_size");
    int heads = values.size("num_attention_heads");
    values.refuse(!file.booleanOr(true, "do_layer_norm_before"), "do_layer_norm_before = false");
    values.refuse(
        file.intOr(hidden, "word_embed_proj_dim") != hidden,
        "a word_embed_proj_dim other than hidden_size");
    values.refuse(file.booleanOr(false, "_remove_final_layer_norm"), "_remove_final_layer_norm");
    values.refuse(
        !file.booleanOr(true, "layer_norm_elementwise_affine"),
        "layer_norm_elementwise_affine = false");
    boolean bias = file.booleanOr(true, "enable_bias");
    int headDim = values.headDim(hidden, heads, "hidden_size", "num_attention_heads");
    AttentionShape shape = ConfigValues.causal(heads, heads, headDim, 0);
    MlpSpec mlp =
        new MlpSpec(
            values.size("ffn_dim"), values.activation("activation_function", "relu"), false, bias);
    int positions = values.sizeOr(2048, "max_position_embeddings");
    NormSpec norm = new NormSpec(NormSpec.Kind.LAYER, 1e-5f, false);
    return decoder(
        values,
        hidden,
        positions,
        EmbeddingSpec.of(values.size("vocab_size"), new PositionSpec(positions + 2, 2)),
        new BlockSpec(
            NormPlace.PRE, norm, new AttentionSpec(shape, Optional.empty(), bias, bias), mlp),
        values.size("num_hidden_layers"),
        new LanguageHead(file.booleanOr(true, "tie_word_embeddings"), false, 0));
  }

  /** Queries, keys and values of a head stand together; a quarter of each head turns by default. */
  private static TransformerConfig gptNeoX(ModelConfigFile file) {
    ConfigValues values = new ConfigValues(file);
    int hidden = values.size("hidden_size");
    int heads = values.size("num_attention_heads");
    int headDim = values.headDim(hidden, heads, "hidden_size", "num_attention_heads");
    boolean bias = file.booleanOr(true, "attention_bias");
    AttentionShape shape =
        ConfigValues.causal(heads, heads, headDim, 0).withHeadStride(3 * headDim);
    double share = file.doubleOr(0.25, "rotary_pct", "partial_rotary_factor");
    RotaryFrequencies rope = values.rope(file.doubleOr(10_000, "rotary_emb_base"));
    AttentionSpec attention =
        new AttentionSpec(shape, Optional.of(rope), bias, bias)
            .withRotaryDim(values.rotaryDim(headDim, share, "rotary_pct"));
    MlpSpec mlp =
        new MlpSpec(
            values.size("intermediate_size"), values.activation("hidden_act", "gelu"), false, true);
    boolean parallel = file.booleanOr(true, "use_parallel_residual");
    NormSpec norm = values.norm(NormSpec.Kind.LAYER, "layer_norm_eps", 1e-5);
    return decoder(
        values,
        hidden,
        values.sizeOr(2048, "max_position_embeddings"),
        EmbeddingSpec.of(values.size("vocab_size")),
        new BlockSpec(parallel ? NormPlace.PARALLEL : NormPlace.PRE, norm, attention, mlp),
        values.size("num_hidden_layers"),
        new LanguageHead(file.booleanOr(false, "tie_word_embeddings"), false, 0));
  }

  /** One norm feeds both branches; half of each head turns by default; the head has a bias. */
  private static TransformerConfig phi(ModelConfigFile file) {
    ConfigValues values = new ConfigValues(file);
    values.refuse(file.booleanOr(false, "qk_layernorm"), "qk_layernorm");
    AttentionShape shape = values.groupedHeads(values.size("num_attention_heads"), 0);
    double share = file.doubleOr(0.5, "partial_rotary_factor");
    AttentionSpec attention =
        new AttentionSpec(shape, Optional.of(values.rope()), true, true)
            .withRotaryDim(values.rotaryDim(shape.headDim(), share, "partial_rotary_factor"));
    MlpSpec mlp =
        new MlpSpec(
            values.size("intermediate_size"),
            values.activation("hidden_act", "gelu_new"),
            false,
            true);
    NormSpec norm = values.norm(NormSpec.Kind.LAYER, "layer_norm_eps", 1e-5);
    return decoder(
        values,
        values.size("hidden_size"),
        values.sizeOr(2048, "max_position_embeddings"),
        EmbeddingSpec.of(values.size("vocab_size")),
        new BlockSpec(NormPlace.PARALLEL, norm, attention, mlp),
        values.size("num_hidden_layers"),
        new LanguageHead(file.booleanOr(false, "tie_word_embeddings"), true, 0));
  }

  private static TransformerConfig decoder(
      ConfigValues values,
      int hidden,
      int positions,
      EmbeddingSpec embeddings,
      BlockSpec block,
      int layers,
      LanguageHead head) {
    return new TransformerConfig(
        values.file().requiredString("model_type"),
        hidden,
        positions,
        embeddings,
        Collections.nCopies(layers, block),
        Optional.of(block.norm()),
        head);
  }
}
