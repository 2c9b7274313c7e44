package dev.sotto.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.base.InputException;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.fixtures.TinyModel;
import dev.sotto.model.StoredModel.Stored;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a checkpoint may be called, must hold, and must not hold beside what its model uses. */
class StoredTensorsTest {
  private static Backend backend;
  @TempDir Path dir;

  @BeforeAll
  static void open() {
    backend = Backends.open("cpu-reference", 1);
  }

  @AfterAll
  static void close() {
    backend.close();
  }

  private StoredModel tied(String kind) {
    StoredModel stored = new StoredModel(kind, backend, dir);
    stored.config.put("tie_word_embeddings", true);
    return stored;
  }

  private static String prefix(String kind) {
    return kind.equals("gpt2") ? "transformer." : "model.";
  }

  private static String table(String kind) {
    return prefix(kind) + (kind.equals("gpt2") ? "wte.weight" : "embed_tokens.weight");
  }

  private float[] logits(Path modelDir) {
    Batch batch = new Batch(8, 1, 1);
    int[] ids = {3, 14, 15, 9, 26, 5, 35, 8};
    batch.add(ids, ids, 0f);
    batch.endUnit();
    try (LanguageModel model = LanguageModel.load(backend, modelDir);
        TransformerPass pass = new TransformerPass(model, null, PassCapacity.generate(8))) {
      return pass.nextLogits(batch, 0).clone();
    }
  }

  private String refusal(StoredModel stored) {
    Path modelDir = stored.write();
    String message =
        assertThrows(InputException.class, () -> LanguageModel.load(backend, modelDir).close())
            .getMessage();
    assertTrue(message.contains(modelDir.toString()), message);
    assertEquals(1, message.lines().count(), message);
    return message;
  }

  private void refused(StoredModel stored, String... words) {
    String message = refusal(stored);
    for (String word : words) {
      assertTrue(message.contains(word), "'" + word + "' in: " + message);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "llama", "mistral"})
  void findsATiedPairUnderEitherName(String kind) {
    StoredModel stored = tied(kind);
    float[] expected = logits(stored.write());
    Stored matrix = stored.tensors.get(table(kind));
    stored.tensors.put("lm_head.weight", matrix);
    assertArrayEquals(expected, logits(stored.write()), "both, equal");
    stored.tensors.remove(table(kind));
    assertArrayEquals(expected, logits(stored.write()), "the head alone");
    stored.rename("lm_head.weight", table(kind).substring(prefix(kind).length()));
    assertArrayEquals(expected, logits(stored.write()), "without the prefix");
    for (String name : List.copyOf(stored.tensors.keySet())) {
      if (name.startsWith(prefix(kind))) {
        stored.rename(name, name.substring(prefix(kind).length()));
      }
    }
    assertArrayEquals(expected, logits(stored.write()), "nothing with the prefix");
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "llama", "mistral"})
  void refusesHeadsThatContradictTheConfiguration(String kind) {
    StoredModel stored = tied(kind);
    Stored matrix = stored.tensors.get(table(kind));
    byte[] other = matrix.bytes().clone();
    other[5] ^= 1;
    stored.tensors.put("lm_head.weight", new Stored("F32", matrix.shape(), other));
    refused(stored, "lm_head.weight", "nothing uses", "tie_word_embeddings true");
    stored.tensors.remove("lm_head.weight");
    stored.config.put("tie_word_embeddings", false);
    refused(stored, "lm_head.weight", "has no tensor", "tie_word_embeddings false");
  }

  @ParameterizedTest
  @CsvSource({
    "llama, model.layers.1.self_attn.q_proj.bias, attention_bias false",
    "llama, model.layers.0.self_attn.o_proj.bias, attention_bias false",
    "llama, model.layers.0.mlp.up_proj.bias, mlp_bias false",
    "llama, model.layers.2.mlp.up_proj.weight, num_hidden_layers 2",
    "llama, model.layers.0.self_attn.q_norm.weight, model_type llama",
    "llama, model.norm.bias, model_type llama",
    "llama, lm_head.bias, model_type llama",
    "llama, score.weight, model_type llama",
    "llama, layers.0.input_layernorm.weight, model_type llama",
    "mistral, model.layers.1.self_attn.q_proj.bias, model_type mistral",
    "mistral, model.layers.1.mlp.down_proj.bias, model_type mistral",
    "gpt2, transformer.h.2.ln_1.weight, n_layer 2",
    "gpt2, transformer.h.0.crossattention.c_attn.weight, model_type gpt2",
    "gpt2, transformer.wte.bias, model_type gpt2",
  })
  void refusesWhatNothingUses(String kind, String tensor, String field) {
    StoredModel stored = tied(kind);
    stored.tensors.put(tensor, Stored.f32(16));
    refused(stored, "'" + tensor + "'", "nothing uses", field);
    // Neither another type nor another configuration's field makes it harmless.
    stored.tensors.put(tensor, Stored.of("F8_E4M3", 1, 16));
    stored.config.put("bias", true);
    refused(stored, "'" + tensor + "'", "nothing uses", field);
  }

  @Test
  void refusesASpareTensorInAShardThatTheIndexForgot() throws Exception {
    StoredModel stored = tied("llama");
    stored.tensors.put("model.layers.0.self_attn.q_proj.bias", Stored.f32(16));
    stored.write();
    StringBuilder map = new StringBuilder();
    for (String name : stored.tensors.keySet()) {
      if (!name.endsWith("bias")) {
        map.append(map.isEmpty() ? "" : ",").append("\"" + name + "\":\"one.safetensors\"");
      }
    }
    Files.move(dir.resolve("model.safetensors"), dir.resolve("one.safetensors"));
    Files.writeString(
        dir.resolve("model.safetensors.index.json"), "{\"weight_map\":{" + map + "}}");
    String message =
        assertThrows(InputException.class, () -> LanguageModel.load(backend, dir).close())
            .getMessage();
    assertTrue(message.contains("q_proj.bias") && message.contains("attention_bias"), message);
  }

  @Test
  void loadsBuffersThatAreNoParameters() {
    StoredModel stored = tied("gpt2");
    float[] expected = logits(stored.write());
    for (int l = 0; l < 2; l++) {
      stored.tensors.put("transformer.h." + l + ".attn.bias", Stored.f32(1, 1, 24, 24));
      stored.tensors.put("h." + l + ".attn.masked_bias", Stored.f32());
    }
    stored.tensors.put("transformer.position_ids", Stored.of("I64", 8, 1, 24));
    assertArrayEquals(expected, logits(stored.write()));
    stored = tied("llama");
    expected = logits(stored.write());
    stored.tensors.put("model.rotary_emb.inv_freq", Stored.f32(2));
    stored.tensors.put("model.layers.0.self_attn.rotary_emb.inv_freq", Stored.f32(2));
    stored.tensors.put("model.layers.0.self_attn.rotary_emb.cos_cached", Stored.f32(8, 4));
    stored.tensors.put("model.causal_mask", Stored.of("BOOL", 1, 24, 24));
    stored.tensors.put("model.layers.0.self_attn.kv_scale", Stored.of("F8_E4M3", 1, 4));
    stored.tensors.put("model.layers.0.self_attn.k_scale", Stored.f32());
    stored.tensors.put("model.layers.1.self_attn.zero_points", Stored.of("F4", 1, 3));
    assertArrayEquals(expected, logits(stored.write()));
  }

  @Test
  void saysThatWeightsAreQuantisedAndHow() {
    String weight = "model.layers.0.self_attn.q_proj.weight";
    StoredModel stored = tied("llama");
    Stored matrix = stored.tensors.get(weight);
    for (String dtype : List.of("F8_E4M3", "F8_E5M2", "I8", "U8", "F4")) {
      stored.tensors.put(weight, new Stored(dtype, matrix.shape(), new byte[256]));
      refused(stored, "quantised", weight, "F32, F16 or BF16");
      refused(stored, dtype.equals("F4") ? "a type that is none of weights" : dtype);
    }
    for (String part : List.of("qweight", "weight_packed", "W_q", "weight._data")) {
      stored.tensors.remove(weight);
      String packed = weight.replace("weight", part);
      stored.tensors.put(packed, Stored.of("I32", 4, 2, 16));
      refused(stored, "quantised", packed, "F32, F16 or BF16");
      stored.tensors.remove(packed);
    }
    stored.tensors.put(weight, matrix);
    for (String method : List.of("fp8", "bitsandbytes", "gptq", "awq", "hqq", "mxfp4")) {
      stored.config.putObject("quantization_config").put("quant_method", method).put("bits", 4);
      refused(stored, "quantised", "quantization_config", method, "bits 4", "F32, F16 or BF16");
    }
    stored.config.putObject("quantization_config").put("load_in_4bit", true);
    refused(stored, "quantised", "load_in_4bit");
    stored.config.remove("quantization_config");
    stored.config.putObject("quantization").put("group_size", 64).put("bits", 4);
    refused(stored, "quantised", "quantization: bits 4");
    stored.config.remove("quantization");
    stored.config.putNull("quantization_config");
    assertEquals(TinyModel.JITTERED_VOCABULARY, logits(stored.write()).length);
  }

  @Test
  void namesTheFieldsThatDisagreeWithAShape() {
    StoredModel stored = tied("llama");
    stored.config.put("vocab_size", 54);
    refused(stored, "embed_tokens.weight", "vocab_size", "[53, 16]", "[54, 16]");
    stored.config.put("vocab_size", 53).put("num_key_value_heads", 1);
    refused(stored, "k_proj.weight", "num_key_value_heads");
    stored.config.put("num_key_value_heads", 2).put("intermediate_size", 32);
    refused(stored, "gate_proj.weight", "intermediate_size");
    stored.config.put("intermediate_size", 24).put("num_hidden_layers", 3);
    refused(stored, "model.layers.2.input_layernorm.weight", "number of layers, 3");
    stored.config.put("num_hidden_layers", 2).put("attention_bias", true);
    refused(stored, "model.layers.0.self_attn.q_proj.bias", "attention_bias true");
  }
}
