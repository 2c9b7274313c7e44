package dev.sotto.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.base.InputException;
import dev.sotto.checkpoint.ModelConfigFile;
import dev.sotto.compute.Activation;
import dev.sotto.model.TransformerConfig.BlockSpec;
import dev.sotto.model.TransformerConfig.LanguageHead;
import dev.sotto.model.TransformerConfig.NormPlace;
import dev.sotto.model.TransformerConfig.PositionSpec;
import dev.sotto.model.TransformerConfig.QueryKeyNorm;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Which field counts for which family, and what holds where it is absent, as HuggingFace's
 * configuration classes have it (transformers 5.18: LlamaConfig, MistralConfig, Qwen2Config,
 * SmolLM3Config, GPT2Config) and 5.24 (the others).
 */
class ArchitecturesTest {
  @TempDir Path dir;

  private TransformerConfig read(String family, String fields) {
    String least =
        family.equals("gpt2")
            ? "\"n_embd\": 32, \"n_layer\": 2, \"n_head\": 8"
            : "\"hidden_size\": 32, \"intermediate_size\": 24"
                + (fields.contains("num_hidden_layers") ? "" : ", \"num_hidden_layers\": 2")
                + ","
                + " \"num_attention_heads\": 16";
    String all = "{\"model_type\": \"" + family + "\", \"vocab_size\": 50, " + least + fields + "}";
    try {
      ModelConfigFile file =
          ModelConfigFile.read(Files.writeString(dir.resolve("config.json"), all));
      return Architectures.of(file).read(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "llama   |                                                      | 0",
        "llama   | , \"sliding_window\": 4                              | 0",
        "llama   | , \"sliding_window\": 4, \"use_sliding_window\": true  | 0",
        "llama   | , \"sliding_window\": 4, \"use_sliding_window\": false | 0",
        "mistral |                                                      | 4096",
        "mistral | , \"sliding_window\": null                           | 0",
        "mistral | , \"sliding_window\": 4                              | 4",
        "mistral | , \"sliding_window\": 4, \"use_sliding_window\": false | 4",
        "gpt2    | , \"sliding_window\": 4                              | 0",
      })
  void countsTheSlidingWindowWhereTheFamilyHasOne(String family, String fields, int window) {
    assertEquals(
        window,
        read(family, fields == null ? "" : fields).block(0).attention().shape().mask().window());
  }

  /** One digit a layer: the keys a query sees, 0 for all of them. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "qwen2   | \"sliding_window\": 4                                     | 0000",
        "qwen2   | \"use_sliding_window\": true                              | 0000",
        "qwen2   | \"sliding_window\": 4, \"max_window_layers\": 3            | 0000",
        "qwen2   | \"sliding_window\": 4, \"use_sliding_window\": true, \"max_window_layers\": 3 | 0004",
        "qwen2   | \"sliding_window\": 4, \"use_sliding_window\": true, \"max_window_layers\": 0 | 4444",
        "qwen2   | \"sliding_window\": null, \"use_sliding_window\": true, \"max_window_layers\": 0 | 0000",
        "qwen2   | \"sliding_window\": 4, \"use_sliding_window\": true, \"layer_types\": [\"sliding_attention\", \"full_attention\", \"full_attention\", \"sliding_attention\"] | 4004",
        "smollm3 | \"sliding_window\": 4                                     | 0000",
        "smollm3 | \"sliding_window\": 4, \"use_sliding_window\": true        | 0004",
        "smollm3 | \"sliding_window\": 4, \"use_sliding_window\": true, \"no_rope_layers\": [0, 1, 1, 1] | 4000",
      })
  void countsTheWindowOfEachLayer(String family, String fields, String windows) {
    TransformerConfig config =
        read(family, ", \"num_hidden_layers\": 4, \"num_key_value_heads\": 2, " + fields);
    assertEquals(
        windows,
        config.blocks().stream()
            .map(block -> String.valueOf(block.attention().shape().mask().window()))
            .collect(Collectors.joining()));
  }

  @Test
  void turnsTheLayersOfSmolLm3ThatSaySo() {
    String layers = ", \"num_hidden_layers\": 8, \"num_key_value_heads\": 2";
    assertEquals("11101110", turning(read("smollm3", layers)));
    assertEquals("10101010", turning(read("smollm3", layers + ", \"no_rope_layer_interval\": 2")));
    assertEquals(
        "01111111",
        turning(read("smollm3", layers + ", \"no_rope_layers\": [0, 1, 1, 1, 1, 1, 1, 1]")));
    assertEquals("11111111", turning(read("qwen2", layers)));
  }

  private static String turning(TransformerConfig config) {
    return config.blocks().stream()
        .map(block -> block.attention().rope().isPresent() ? "1" : "0")
        .collect(Collectors.joining());
  }

  @Test
  void takesTheFamilysOwnDefaults() {
    TransformerConfig llama = read("llama", "");
    assertEquals(16, llama.block(0).attention().shape().kvHeads());
    assertEquals(2048, llama.maxPositions());
    assertEquals(1e-6f, llama.block(0).norm().epsilon());
    assertEquals(false, llama.tied());
    assertEquals(10000.0, llama.block(0).attention().rope().orElseThrow().theta());
    TransformerConfig mistral = read("mistral", "");
    assertEquals(8, mistral.block(0).attention().shape().kvHeads());
    assertEquals(
        16,
        read("mistral", ", \"num_key_value_heads\": null").block(0).attention().shape().kvHeads());
    assertEquals(131_072, mistral.maxPositions());
    assertEquals(1e-6f, mistral.block(0).norm().epsilon());
    assertEquals(false, mistral.tied());
    TransformerConfig qwen2 = read("qwen2", ", \"num_key_value_heads\": 4");
    assertEquals(32_768, qwen2.maxPositions());
    assertEquals(false, qwen2.tied());
    assertEquals(
        16,
        read("qwen2", ", \"num_key_value_heads\": null").block(0).attention().shape().kvHeads());
    assertTrue(qwen2.block(0).attention().inputBias() && !qwen2.block(0).attention().outputBias());
    TransformerConfig smolLm3 = read("smollm3", "");
    assertEquals(4, smolLm3.block(0).attention().shape().kvHeads());
    assertEquals(true, smolLm3.tied());
    assertEquals(2e6, smolLm3.block(0).attention().rope().orElseThrow().theta());
    TransformerConfig gpt2 = read("gpt2", ", \"n_ctx\": 7");
    assertEquals(1024, gpt2.maxPositions());
    assertEquals(1e-5f, gpt2.block(0).norm().epsilon());
    assertEquals(true, gpt2.tied());
    assertEquals(128, gpt2.block(0).mlp().innerSize());
    assertEquals(12, read("gpt2", ", \"max_position_embeddings\": 12").maxPositions());
  }

  @Test
  void countsBiasesForLlamaAlone() {
    String fields = ", \"attention_bias\": true, \"mlp_bias\": true";
    TransformerConfig llama = read("llama", fields);
    assertTrue(
        llama.block(0).attention().inputBias()
            && llama.block(0).attention().outputBias()
            && llama.block(0).mlp().bias());
    TransformerConfig mistral = read("mistral", fields);
    assertTrue(
        !mistral.block(0).attention().inputBias()
            && !mistral.block(0).attention().outputBias()
            && !mistral.block(0).mlp().bias());
    // Another family's name for it is no field of either.
    assertEquals(false, read("llama", ", \"bias\": true").block(0).attention().inputBias());
  }

  @Test
  void readsRotaryScalingWhereItStands() {
    String scaling =
        "{\"rope_type\": \"llama3\", \"factor\": 8, \"low_freq_factor\": 1,"
            + " \"high_freq_factor\": 4, \"original_max_position_embeddings\": 64";
    TransformerConfig old =
        read("llama", ", \"rope_theta\": 5, \"rope_scaling\": " + scaling + "}");
    assertEquals(5.0, old.block(0).attention().rope().orElseThrow().theta());
    assertEquals(8.0, old.block(0).attention().rope().orElseThrow().scaling().factor());
    TransformerConfig newer =
        read("llama", ", \"rope_parameters\": " + scaling + ", \"rope_theta\": 5}");
    assertEquals(old.block(0).attention().rope(), newer.block(0).attention().rope());
    TransformerConfig both =
        read(
            "llama",
            ", \"rope_parameters\": {\"rope_theta\": 9}, \"rope_theta\": 5, \"rope_scaling\": "
                + scaling
                + "}");
    assertEquals(old.block(0).attention().rope(), both.block(0).attention().rope());
    assertEquals(
        Optional.empty(),
        read("gpt2", ", \"rope_scaling\": " + scaling + "}").block(0).attention().rope());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "llama   | , \"rope_scaling\": {\"type\": \"linear\", \"factor\": 2} | linear",
        "llama   | , \"rope_scaling\": [1]             | rope_scaling",
        "llama   | , \"hidden_act\": \"relu6\"         | relu6",
        "llama   | , \"hidden_size\": 33               | num_attention_heads",
        "mistral | , \"sliding_window\": -1            | sliding_window",
        "mistral | , \"num_key_value_heads\": 5        | num_key_value_heads",
        "gpt2    | , \"add_cross_attention\": true     | add_cross_attention",
        "qwen2   | , \"num_key_value_heads\": 2, \"layer_types\": [\"full_attention\"] | layer_types",
        "qwen2   | , \"num_key_value_heads\": 2, \"layer_types\": [\"linear\", \"linear\"] | layer_types",
        "smollm3 | , \"no_rope_layers\": [1]          | no_rope_layers",
        "phi3    | , \"rope_scaling\": {\"type\": \"longrope\"} | longrope",
        "phi3    | , \"partial_rotary_factor\": 1.5   | partial_rotary_factor",
        "phi     | , \"qk_layernorm\": true           | qk_layernorm",
        "gemma2  | , \"query_pre_attn_scalar\": 0     | query_pre_attn_scalar",
        "gemma2  | , \"attn_logit_softcapping\": -1   | attn_logit_softcapping",
        "gpt_neox | , \"rotary_pct\": 0               | rotary_pct",
        "bert    | , \"position_embedding_type\": \"relative_key\" | position_embedding_type",
        "bert    | , \"is_decoder\": true             | is_decoder",
        "roberta | , \"pad_token_id\": 600            | pad_token_id",
        "mixtral | , \"num_local_experts\": 8         | mixture of experts",
        "qwen3_moe | , \"num_experts\": 8             | mixture of experts",
        "rwkv    |                                    | gemma3_text",
      })
  void refusesWhatItCannotCompute(String family, String fields, String word) {
    String more = fields == null ? "" : fields;
    String message = assertThrows(InputException.class, () -> read(family, more)).getMessage();
    assertTrue(message.contains(word) && message.contains("config.json"), message);
  }

  /** What each kind of block is, at a glance. */
  @ParameterizedTest
  @CsvSource({
    "gpt2, PRE, NONE, true",
    "llama, PRE, NONE, true",
    "qwen3, PRE, EACH_HEAD, true",
    "olmo2, OUTPUT, ALL_HEADS, true",
    "phi3, PRE, NONE, true",
    "gemma, PRE, NONE, true",
    "gemma2, BOTH, NONE, true",
    "gemma3_text, BOTH, EACH_HEAD, true",
    "gpt_neox, PARALLEL, NONE, true",
    "phi, PARALLEL, NONE, true",
    "bert, POST, NONE, false",
    "roberta, POST, NONE, false"
  })
  void placesItsNorms(String family, NormPlace place, QueryKeyNorm norm, boolean causal) {
    String small = ", \"num_key_value_heads\": 4, \"rotary_pct\": 1, \"partial_rotary_factor\": 1";
    BlockSpec block = read(family, small).block(0);
    assertEquals(place, block.place());
    assertEquals(norm, block.attention().queryKeyNorm());
    assertEquals(causal, block.attention().shape().mask().causal());
  }

  @Test
  void takesGemmasDefaults() {
    TransformerConfig gemma = read("gemma", ", \"hidden_act\": \"gelu\"");
    assertEquals(256, gemma.block(0).attention().shape().headDim());
    assertEquals(Activation.GELU_TANH, gemma.block(0).mlp().activation());
    assertEquals((float) Math.sqrt(32), gemma.embeddings().scale());
    assertTrue(gemma.tied() && gemma.block(0).norm().gainFromOne());
    String four = ", \"num_hidden_layers\": 4";
    TransformerConfig gemma2 = read("gemma2", four);
    assertEquals("4096 0 4096 0", windows(gemma2));
    assertEquals(50, gemma2.block(0).attention().shape().cap());
    assertEquals(1 / 16f, gemma2.block(0).attention().shape().scale());
    assertEquals(new LanguageHead(true, false, 30), gemma2.head());
    TransformerConfig uncapped =
        read("gemma2", ", \"attn_logit_softcapping\": null, \"final_logit_softcapping\": null");
    assertEquals(0, uncapped.block(0).attention().shape().cap());
    assertEquals(new LanguageHead(true, false, 0), uncapped.head());
    TransformerConfig gemma3 = read("gemma3_text", four + ", \"sliding_window_pattern\": 2");
    assertEquals("4096 0 4096 0", windows(gemma3));
    assertEquals(1e4, gemma3.block(0).attention().rope().orElseThrow().theta());
    assertEquals(1e6, gemma3.block(1).attention().rope().orElseThrow().theta());
    TransformerConfig newer =
        read(
            "gemma3_text",
            ", \"layer_types\": [\"full_attention\", \"sliding_attention\"], \"rope_parameters\":"
                + " {\"full_attention\": {\"rope_type\": \"default\", \"rope_theta\": 5e5},"
                + " \"sliding_attention\": {\"rope_type\": \"default\", \"rope_theta\": 100}}");
    assertEquals(5e5, newer.block(0).attention().rope().orElseThrow().theta());
    assertEquals(100, newer.block(1).attention().rope().orElseThrow().theta());
  }

  private static String windows(TransformerConfig config) {
    return config.blocks().stream()
        .map(block -> String.valueOf(block.attention().shape().mask().window()))
        .collect(Collectors.joining(" "));
  }

  @Test
  void countsRobertasPositionsFromBehindItsPadding() {
    TransformerConfig roberta = read("roberta", ", \"max_position_embeddings\": 514");
    assertEquals(512, roberta.maxPositions());
    assertEquals(new PositionSpec(514, 2), roberta.embeddings().positions().orElseThrow());
  }

  @Test
  void takesHeadsThatDoNotFillTheWidth() {
    assertEquals(6, read("llama", ", \"head_dim\": 6").block(0).attention().shape().headDim());
    assertEquals(2, read("mistral", ", \"head_dim\": null").block(0).attention().shape().headDim());
  }
}
