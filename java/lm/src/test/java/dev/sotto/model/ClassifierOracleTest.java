package dev.sotto.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sotto.base.InputException;
import dev.sotto.checkpoint.SafetensorsFile;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.gradient.PerSampleGradients;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Models that score sequences against values computed in float64 by independent code: logits,
 * losses, per-sample gradients of pairs and heads, and their norms, within ten times the error of
 * the same computation in float32, plus 1e-6.
 */
class ClassifierOracleTest {
  @TempDir Path temp;

  @ParameterizedTest
  @CsvSource({
    "cpu,models/bert,3",
    "cpu,models/roberta,2",
    "cpu,models2/bert-cls,2",
    "cpu,models2/bert-cls3-pairs,3",
    "cpu,models2/bert-regression,1",
    "cpu,models2/roberta-cls,2",
    "cpu,models2/distilbert-cls,2",
    "cpu,models2/llama-score,2",
    "cpu,models2/gpt2-score,3",
    "cpu,models2/qwen2-score,2",
    "cpu-reference,models/bert,3",
    "cpu-reference,models/roberta,2",
    "cpu-reference,models2/bert-cls,2",
    "cpu-reference,models2/bert-cls3-pairs,3",
    "cpu-reference,models2/bert-regression,1",
    "cpu-reference,models2/roberta-cls,2",
    "cpu-reference,models2/distilbert-cls,2",
    "cpu-reference,models2/llama-score,2",
    "cpu-reference,models2/gpt2-score,3",
    "cpu-reference,models2/qwen2-score,2"
  })
  void agreesWithFloat64(String backendName, String name, int outputs) throws IOException {
    Path dir = Golden.oracle(name);
    Path adapterDir = Golden.adapter(dir, temp);
    JsonNode tolerance = new ObjectMapper().readTree(dir.resolve("tolerance.json").toFile());
    try (Backend backend = Backends.open(backendName, 2);
        SafetensorsFile golden = SafetensorsFile.open(dir.resolve("golden.safetensors"));
        LanguageModel model = Golden.model(backend, dir, Precision.F32, outputs);
        LoraAdapters lora = LoraAdapters.load(model, adapterDir)) {
      Golden expected = new Golden(golden);
      PassCapacity capacity =
          PassCapacity.train(expected.rows, expected.batch, expected.batch, expected.length);
      try (TransformerPass base = new TransformerPass(model, null, capacity)) {
        Golden.compare(
            "base_logits",
            expected.logits("base_logits"),
            base.logits(expected.toBatch()),
            tolerance);
      }
      try (TransformerPass pass = new TransformerPass(model, lora, capacity);
          PerSampleGradients sink =
              new PerSampleGradients(backend, lora.layout(), expected.batch)) {
        Golden.compare(
            "lora_logits",
            expected.logits("lora_logits"),
            pass.logits(expected.toBatch()),
            tolerance);
        sink.begin(expected.batch);
        float[] losses =
            pass.forwardBackward(expected.toBatch(), sink).downloadFloats(expected.batch);
        Golden.compare(
            "per_sample_loss",
            expected.floats("per_sample_loss"),
            expected.unitLosses(losses),
            tolerance);
        expected.compareGradients(lora, sink, tolerance);
      }
    }
  }

  /** Within {@link Golden#compareRounded}. */
  @ParameterizedTest
  @CsvSource({
    "cpu,models/bert,3",
    "cpu,models/roberta,2",
    "cpu,models2/bert-cls,2",
    "cpu,models2/bert-cls3-pairs,3",
    "cpu,models2/bert-regression,1",
    "cpu,models2/roberta-cls,2",
    "cpu,models2/distilbert-cls,2",
    "cpu,models2/llama-score,2",
    "cpu,models2/gpt2-score,3",
    "cpu,models2/qwen2-score,2",
    "cpu-reference,models2/bert-cls,2"
  })
  void agreesInBf16UpToItsRounding(String backendName, String name, int outputs) {
    Path dir = Golden.oracle(name);
    try (Backend backend = Backends.open(backendName, 2);
        SafetensorsFile golden = SafetensorsFile.open(dir.resolve("golden.safetensors"));
        LanguageModel model = Golden.model(backend, dir, Precision.BF16, outputs)) {
      Golden expected = new Golden(golden);
      PassCapacity capacity = PassCapacity.evaluate(expected.rows, expected.length);
      try (TransformerPass pass = new TransformerPass(model, null, capacity)) {
        int matrices = ((ClassifierSpec) model.config().head()).layers().size();
        matrices += model.layers.stream().mapToInt(layer -> layer.linears().size()).sum();
        Golden.compareRounded(
            expected.logits("base_logits"), pass.logits(expected.toBatch()), matrices);
      }
    }
  }

  /** Written and read again, an adapter with a head has the same numbers in the same order. */
  @ParameterizedTest
  @CsvSource({
    "models2/bert-cls,2,classifier",
    "models2/roberta-cls,2,classifier",
    "models2/distilbert-cls,2,pre_classifier classifier",
    "models2/gpt2-score,3,score"
  })
  void savesTheHeadAsPeftDoes(String name, int outputs, String modules) throws IOException {
    Path dir = Golden.oracle(name);
    Path again = Files.createDirectories(temp.resolve("again"));
    try (Backend backend = Backends.open("cpu", 2);
        LanguageModel model = Golden.model(backend, dir, Precision.F32, outputs);
        LoraAdapters lora = LoraAdapters.load(model, Golden.adapter(dir, temp))) {
      lora.save(again, model, "base");
      JsonNode config = new ObjectMapper().readTree(again.resolve("adapter_config.json").toFile());
      assertEquals("SEQ_CLS", config.get("task_type").asText());
      assertEquals(
          modules,
          String.join(
              " ", new ObjectMapper().convertValue(config.get("modules_to_save"), String[].class)));
      try (LoraAdapters read = LoraAdapters.load(model, again);
          SafetensorsFile theirs = SafetensorsFile.open(dir.resolve("lora.safetensors"));
          SafetensorsFile ours = SafetensorsFile.open(again.resolve("adapter_model.safetensors"))) {
        assertEquals(lora.modules(), read.modules());
        assertEquals(Set.copyOf(theirs.names()), Set.copyOf(ours.names()));
        assertArrayEquals(lora.values(), read.values());
      }
    }
  }

  @Test
  void refusesAHeadOfAnotherSizeThanTheLabels() {
    Path dir = Golden.oracle("models2/bert-cls");
    try (Backend backend = Backends.open("cpu", 1)) {
      InputException e =
          assertThrows(
              InputException.class,
              () -> LanguageModel.load(backend, dir, Precision.F32, ClassifierOptions.classes(3)));
      assertTrue(e.getMessage().contains("number of labels 3"), e.getMessage());
    }
  }

  @Test
  void refusesAnEncoderThatIsToPredictTokens() {
    Path dir = Golden.oracle("models2/bert-cls");
    try (Backend backend = Backends.open("cpu", 1)) {
      InputException e = assertThrows(InputException.class, () -> LanguageModel.load(backend, dir));
      assertTrue(e.getMessage().contains("is an encoder"), e.getMessage());
    }
  }
}
