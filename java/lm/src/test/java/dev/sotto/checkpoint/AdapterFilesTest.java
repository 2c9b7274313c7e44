package dev.sotto.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.base.InputException;
import dev.sotto.data.SharedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AdapterFilesTest {
  private static final JsonMapper JSON = new JsonMapper();

  @TempDir Path dir;

  private static AdapterConfig config() {
    return AdapterConfig.causalLanguageModel(
        "base", new AdapterConfig.Scaling(2, 4, false), List.of("q_proj", "v_proj"), false);
  }

  private static LoraPair pair(String module) {
    return new LoraPair(module, 2, 3, 1, new float[] {1, 2, 3, 4, 5, 6}, new float[] {7, 8});
  }

  @Test
  void readsWhatItWrote() {
    Path adapter = dir.resolve("made").resolve("deep");
    AdapterFiles.write(
        adapter, config(), List.of(pair("model.layers.0.q_proj"), pair("model.layers.0.v_proj")));
    AdapterFiles.Adapter read = AdapterFiles.read(adapter);
    assertEquals(config(), read.config());
    assertEquals(2, read.config().scaling().factor("m"));
    assertEquals(2, read.pairs().size());
    LoraPair pair = read.pairs().get(1);
    assertEquals("model.layers.0.v_proj", pair.module());
    assertEquals(List.of(2, 3, 1), List.of(pair.rank(), pair.in(), pair.out()));
    assertArrayEquals(pair("x").a(), pair.a());
    assertArrayEquals(pair("x").b(), pair.b());
    try (SafetensorsFile file =
        SafetensorsFile.open(adapter.resolve("adapter_model.safetensors"))) {
      file.tensor("base_model.model.model.layers.0.q_proj.lora_A.weight")
          .requireShape("the test", 2, 3);
      file.tensor("base_model.model.model.layers.0.q_proj.lora_B.weight")
          .requireShape("the test", 1, 2);
      assertEquals("pt", file.metadata().get("format"));
    }
  }

  @Test
  void writesTheFieldsOfARealConfiguration() throws IOException {
    Path real = SharedFiles.require("oracles/models/gpt2/adapter_config.json");
    AdapterConfig.read(real.getParent()).write(dir);
    JsonNode expected = JSON.readTree(real.toFile());
    JsonNode written = JSON.readTree(dir.resolve("adapter_config.json").toFile());
    assertEquals(expected, written);
  }

  @Test
  void readsRealAdapters() {
    for (String model : List.of("gpt2", "llama", "llama3", "mistral", "bert", "roberta")) {
      Path oracle = SharedFiles.require("oracles/models/" + model);
      AdapterConfig config = AdapterConfig.read(oracle);
      assertEquals(2, config.scaling().factor("m"));
      List<LoraPair> pairs = AdapterFiles.readPairs(oracle.resolve("lora.safetensors"));
      TreeSet<String> targets = new TreeSet<>();
      for (LoraPair pair : pairs) {
        assertEquals(config.scaling().rank(pair.module()), pair.rank());
        targets.addAll(
            config.targetModules().stream().filter(t -> pair.module().endsWith("." + t)).toList());
      }
      assertEquals(new TreeSet<>(config.targetModules()), targets, model);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "peft_type | \"IA3\"",
        "bias | \"all\"",
        "use_dora | true",
        "lora_bias | true",
        "modules_to_save | \"lm_head\"",
        "rank_pattern | {\"q_proj\":0}",
        "rank_pattern | {\"q_proj\":\"8\"}",
        "rank_pattern | {\"layers.[01].q_proj\":8}",
        "rank_pattern | [8]",
        "alpha_pattern | {\"q_proj\":-8}",
        "alpha_pattern | 8",
        "init_lora_weights | \"pissa\"",
        "target_modules | \"all-linear\"",
        "target_modules | []",
        "r | 0",
        "r | \"8\"",
        "r | null",
        "lora_alpha | -1",
        "lora_dropout | 1",
      })
  void refusesWhatItCannotHonour(String field, String value) throws IOException {
    config().write(dir);
    Path file = dir.resolve("adapter_config.json");
    ObjectNode json = (ObjectNode) JSON.readTree(file.toFile());
    json.set(field, JSON.readTree(value));
    Files.writeString(file, json.toString());
    String message = assertThrows(InputException.class, () -> AdapterConfig.read(dir)).getMessage();
    assertTrue(message.startsWith(file.toString()), message);
  }

  @Test
  void honoursHarmlessFields() throws IOException {
    config().write(dir);
    Path file = dir.resolve("adapter_config.json");
    ObjectNode json = (ObjectNode) JSON.readTree(file.toFile());
    json.put("use_rslora", true).put("lora_dropout", 0.1).put("lora_bias", false);
    json.put("megatron_core", "megatron.core").put("init_lora_weights", "gaussian");
    json.putArray("layers_to_transform");
    Files.writeString(file, json.toString());
    assertEquals(4 / Math.sqrt(2), AdapterConfig.read(dir).scaling().factor("m"), 1e-12);
  }

  /** As PEFT looks them up: the first name that is the end of the path. */
  @Test
  void readsRanksAndAlphasOfSomeModules() throws IOException {
    config().write(dir);
    Path file = dir.resolve("adapter_config.json");
    ObjectNode json = (ObjectNode) JSON.readTree(file.toFile());
    json.putObject("rank_pattern").put("layers.1.q_proj", 8).put("q_proj", 5);
    json.putObject("alpha_pattern").put("q_proj", 2.5);
    json.putArray("layers_to_transform").add(1);
    Files.writeString(file, json.toString());
    AdapterConfig config = AdapterConfig.read(dir);
    assertEquals(8, config.scaling().rank("model.layers.1.q_proj"));
    assertEquals(5, config.scaling().rank("model.layers.0.q_proj"));
    assertEquals(2, config.scaling().rank("model.layers.0.kq_proj"));
    assertEquals(2.5 / 8, config.scaling().factor("model.layers.1.q_proj"));
    assertEquals(2, config.scaling().factor("model.layers.1.v_proj"));
    config.write(dir);
    assertEquals(config, AdapterConfig.read(dir));
  }

  @Test
  void refusesWeightsThatAreNoAdapter() {
    String a = "base_model.model.m.lora_A.weight";
    String b = "base_model.model.m.lora_B.weight";
    TensorData two = TensorData.f32(new float[4], 2, 2);
    fault(Map.of(a, two), "lacks its partner");
    fault(Map.of(a, two, b, TensorData.f32(new float[3], 1, 3)), "do not fit");
    fault(Map.of(a, two, b, TensorData.f32(new float[4], 4)), "do not fit");
    fault(Map.of("classifier.weight", two), "'classifier.weight' is not a LoRA matrix");
    fault(Map.of(), "no LoRA matrices");
    config().write(dir);
    TensorData three = TensorData.f32(new float[9], 3, 3);
    SafetensorsWriter.write(
        dir.resolve("adapter_model.safetensors"), Map.of(a, three, b, three), Map.of());
    String message = assertThrows(InputException.class, () -> AdapterFiles.read(dir)).getMessage();
    assertTrue(message.contains("rank 3") && message.contains("r = 2"), message);
  }

  private void fault(Map<String, TensorData> tensors, String expected) {
    Path file = dir.resolve("adapter_model.safetensors");
    SafetensorsWriter.write(file, tensors, Map.of());
    String message =
        assertThrows(InputException.class, () -> AdapterFiles.readPairs(file)).getMessage();
    assertTrue(message.startsWith(file.toString()) && message.contains(expected), message);
  }
}
