package dev.sotto.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sotto.checkpoint.SafetensorsFile;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.gradient.PerSampleGradients;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Logits, losses, per-sample gradients and their norms against values computed in float64 by
 * independent code. The bound is the one stated beside them: ten times the error of the same
 * computation in float32, plus 1e-6.
 */
class ModelOracleTest {
  @TempDir Path temp;

  @ParameterizedTest
  @CsvSource({
    "cpu,models/gpt2",
    "cpu,models/llama",
    "cpu,models/llama3",
    "cpu,models/mistral",
    "cpu,models2/gpt2",
    "cpu,models2/llama",
    "cpu,models2/qwen2",
    "cpu,models2/qwen3",
    "cpu,models2/smollm3",
    "cpu,models2/gemma",
    "cpu,models2/gemma2",
    "cpu,models2/gemma3_text",
    "cpu,models2/phi3",
    "cpu,models2/phi",
    "cpu,models2/gpt_neox",
    "cpu,models2/opt",
    "cpu,models2/olmo2",
    "cpu-reference,models/gpt2",
    "cpu-reference,models/llama",
    "cpu-reference,models/llama3",
    "cpu-reference,models/mistral",
    "cpu-reference,models2/gpt2",
    "cpu-reference,models2/llama",
    "cpu-reference,models2/qwen2",
    "cpu-reference,models2/qwen3",
    "cpu-reference,models2/smollm3",
    "cpu-reference,models2/gemma",
    "cpu-reference,models2/gemma2",
    "cpu-reference,models2/gemma3_text",
    "cpu-reference,models2/phi3",
    "cpu-reference,models2/phi",
    "cpu-reference,models2/gpt_neox",
    "cpu-reference,models2/opt",
    "cpu-reference,models2/olmo2"
  })
  void agreesWithFloat64(String backendName, String name) throws IOException {
    Path dir = Golden.oracle(name);
    Path adapterDir = Golden.adapter(dir, temp);
    JsonNode tolerance = new ObjectMapper().readTree(dir.resolve("tolerance.json").toFile());
    try (Backend backend = Backends.open(backendName, 2);
        SafetensorsFile golden = SafetensorsFile.open(dir.resolve("golden.safetensors"));
        LanguageModel model = LanguageModel.load(backend, dir);
        LoraAdapters lora = LoraAdapters.load(model, adapterDir)) {
      Golden expected = new Golden(golden);
      PassCapacity capacity =
          PassCapacity.train(expected.rows, expected.batch, expected.batch, expected.length);
      Golden.compare(
          "base_logits",
          expected.logits("base_logits"),
          logits(model, null, expected, capacity),
          tolerance);
      Golden.compare(
          "lora_logits",
          expected.logits("lora_logits"),
          logits(model, lora, expected, capacity),
          tolerance);
      try (TransformerPass pass = new TransformerPass(model, lora, capacity);
          PerSampleGradients sink =
              new PerSampleGradients(backend, lora.layout(), expected.batch)) {
        sink.begin(expected.batch);
        float[] rowLosses =
            pass.forwardBackward(expected.toBatch(), sink).downloadFloats(expected.rows);
        Golden.compare(
            "per_sample_loss",
            expected.floats("per_sample_loss"),
            expected.unitLosses(rowLosses),
            tolerance);
        expected.compareGradients(lora, sink, tolerance);
      }
    }
  }

  /** Within {@link Golden#compareRounded}. */
  @ParameterizedTest
  @CsvSource({
    "cpu,models/gpt2",
    "cpu,models/llama",
    "cpu,models/llama3",
    "cpu,models/mistral",
    "cpu,models2/qwen2",
    "cpu,models2/qwen3",
    "cpu,models2/smollm3",
    "cpu,models2/gemma",
    "cpu,models2/gemma2",
    "cpu,models2/gemma3_text",
    "cpu,models2/phi3",
    "cpu,models2/phi",
    "cpu,models2/gpt_neox",
    "cpu,models2/opt",
    "cpu,models2/olmo2",
    "cpu-reference,models/llama"
  })
  void agreesInBf16UpToItsRounding(String backendName, String name) {
    Path dir = Golden.oracle(name);
    try (Backend backend = Backends.open(backendName, 2);
        SafetensorsFile golden = SafetensorsFile.open(dir.resolve("golden.safetensors"));
        LanguageModel model = LanguageModel.load(backend, dir, Precision.BF16)) {
      Golden expected = new Golden(golden);
      PassCapacity capacity =
          PassCapacity.train(expected.rows, expected.batch, expected.batch, expected.length);
      float[] exact = expected.logits("base_logits");
      float[] narrow = logits(model, null, expected, capacity);
      int matrices = 1 + model.layers.stream().mapToInt(layer -> layer.linears().size()).sum();
      Golden.compareRounded(exact, narrow, matrices);
    }
  }

  private static float[] logits(
      LanguageModel model, LoraAdapters lora, Golden expected, PassCapacity capacity) {
    try (TransformerPass pass = new TransformerPass(model, lora, capacity)) {
      return pass.logits(expected.toBatch());
    }
  }
}
