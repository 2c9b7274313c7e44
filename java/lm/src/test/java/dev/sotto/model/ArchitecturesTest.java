package dev.sotto.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.base.InputException;
import dev.sotto.checkpoint.ModelConfigFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Which field counts for which family, and what holds where it is absent, as HuggingFace's
 * configuration classes have it (transformers 5.18: LlamaConfig, MistralConfig, GPT2Config).
 */
class ArchitecturesTest {
  @TempDir Path dir;

  private TransformerConfig read(String family, String fields) {
    String least =
        family.equals("gpt2")
            ? "\"n_embd\": 32, \"n_layer\": 2, \"n_head\": 8"
            : "\"hidden_size\": 32, \"intermediate_size\": 24, \"num_hidden_layers\": 2,"
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
        window, read(family, fields == null ? "" : fields).block().attention().shape().window());
  }

  @Test
  void takesTheFamilysOwnDefaults() {
    TransformerConfig llama = read("llama", "");
    assertEquals(16, llama.block().attention().shape().kvHeads());
    assertEquals(2048, llama.maxPositions());
    assertEquals(1e-6f, llama.block().norm().epsilon());
    assertEquals(false, llama.head().tied());
    assertEquals(10000.0, llama.block().attention().rope().orElseThrow().theta());
    TransformerConfig mistral = read("mistral", "");
    assertEquals(8, mistral.block().attention().shape().kvHeads());
    assertEquals(
        16,
        read("mistral", ", \"num_key_value_heads\": null").block().attention().shape().kvHeads());
    assertEquals(131_072, mistral.maxPositions());
    assertEquals(1e-6f, mistral.block().norm().epsilon());
    assertEquals(false, mistral.head().tied());
    TransformerConfig gpt2 = read("gpt2", ", \"n_ctx\": 7");
    assertEquals(1024, gpt2.maxPositions());
    assertEquals(1e-5f, gpt2.block().norm().epsilon());
    assertEquals(true, gpt2.head().tied());
    assertEquals(128, gpt2.block().mlp().innerSize());
    assertEquals(12, read("gpt2", ", \"max_position_embeddings\": 12").maxPositions());
  }

  @Test
  void countsBiasesForLlamaAlone() {
    String fields = ", \"attention_bias\": true, \"mlp_bias\": true";
    TransformerConfig llama = read("llama", fields);
    assertTrue(
        llama.block().attention().inputBias()
            && llama.block().attention().outputBias()
            && llama.block().mlp().bias());
    TransformerConfig mistral = read("mistral", fields);
    assertTrue(
        !mistral.block().attention().inputBias()
            && !mistral.block().attention().outputBias()
            && !mistral.block().mlp().bias());
    // Another family's name for it is no field of either.
    assertEquals(false, read("llama", ", \"bias\": true").block().attention().inputBias());
  }

  @Test
  void readsRotaryScalingWhereItStands() {
    String scaling =
        "{\"rope_type\": \"llama3\", \"factor\": 8, \"low_freq_factor\": 1,"
            + " \"high_freq_factor\": 4, \"original_max_position_embeddings\": 64";
    TransformerConfig old =
        read("llama", ", \"rope_theta\": 5, \"rope_scaling\": " + scaling + "}");
    assertEquals(5.0, old.block().attention().rope().orElseThrow().theta());
    assertEquals(8.0, old.block().attention().rope().orElseThrow().scaling().factor());
    TransformerConfig newer =
        read("llama", ", \"rope_parameters\": " + scaling + ", \"rope_theta\": 5}");
    assertEquals(old.block().attention().rope(), newer.block().attention().rope());
    TransformerConfig both =
        read(
            "llama",
            ", \"rope_parameters\": {\"rope_theta\": 9}, \"rope_theta\": 5, \"rope_scaling\": "
                + scaling
                + "}");
    assertEquals(old.block().attention().rope(), both.block().attention().rope());
    assertEquals(
        Optional.empty(),
        read("gpt2", ", \"rope_scaling\": " + scaling + "}").block().attention().rope());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "llama   | , \"rope_scaling\": {\"type\": \"linear\", \"factor\": 2} | linear",
        "llama   | , \"rope_scaling\": [1]             | rope_scaling",
        "llama   | , \"hidden_act\": \"relu\"          | relu",
        "llama   | , \"hidden_size\": 33               | num_attention_heads",
        "mistral | , \"sliding_window\": -1            | sliding_window",
        "mistral | , \"num_key_value_heads\": 5        | num_key_value_heads",
        "gpt2    | , \"add_cross_attention\": true     | add_cross_attention",
      })
  void refusesWhatItCannotCompute(String family, String fields, String word) {
    String message = assertThrows(InputException.class, () -> read(family, fields)).getMessage();
    assertTrue(message.contains(word) && message.contains("config.json"), message);
  }

  @Test
  void takesHeadsThatDoNotFillTheWidth() {
    assertEquals(6, read("llama", ", \"head_dim\": 6").block().attention().shape().headDim());
    assertEquals(2, read("mistral", ", \"head_dim\": null").block().attention().shape().headDim());
  }
}
