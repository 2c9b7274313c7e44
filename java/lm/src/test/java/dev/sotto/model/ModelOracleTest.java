package dev.sotto.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sotto.checkpoint.SafetensorsFile;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.compute.LoraShape;
import dev.sotto.gradient.ParameterLayout;
import dev.sotto.gradient.PerSampleGradients;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
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
    "cpu,models2/smollm3",
    "cpu-reference,models/gpt2",
    "cpu-reference,models/llama",
    "cpu-reference,models/llama3",
    "cpu-reference,models/mistral",
    "cpu-reference,models2/gpt2",
    "cpu-reference,models2/llama",
    "cpu-reference,models2/qwen2",
    "cpu-reference,models2/smollm3"
  })
  void agreesWithFloat64(String backendName, String name) throws IOException {
    Path dir = oracle(name);
    Path adapterDir = Files.createDirectories(temp.resolve(name));
    Files.copy(dir.resolve("adapter_config.json"), adapterDir.resolve("adapter_config.json"));
    Files.copy(dir.resolve("lora.safetensors"), adapterDir.resolve("adapter_model.safetensors"));
    JsonNode tolerance = new ObjectMapper().readTree(dir.resolve("tolerance.json").toFile());
    try (Backend backend = Backends.open(backendName, 2);
        SafetensorsFile golden = SafetensorsFile.open(dir.resolve("golden.safetensors"));
        LanguageModel model = LanguageModel.load(backend, dir);
        LoraAdapters lora = LoraAdapters.load(model, adapterDir)) {
      Golden expected = new Golden(golden);
      PassCapacity capacity =
          PassCapacity.train(expected.rows, expected.batch, expected.batch, expected.length);
      compare(
          "base_logits",
          expected.logits("base_logits"),
          logits(model, null, expected, capacity),
          tolerance);
      compare(
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
        compare(
            "per_sample_loss",
            expected.floats("per_sample_loss"),
            expected.unitLosses(rowLosses),
            tolerance);
        compareGradients(golden, lora, sink, expected.batch, tolerance);
      }
    }
  }

  /**
   * Rounding to BF16 moves a number by at most 2⁻⁸ of itself, in either direction, and a product
   * has two rounded factors. Roundings of unrelated numbers add in squares: √2 · 2⁻⁸ of a product,
   * √(2n) · 2⁻⁸ of the logits after n of them, in the root mean square. What a norm or a residual
   * takes on from a product, it takes on in proportion.
   */
  @ParameterizedTest
  @CsvSource({
    "cpu,models/gpt2",
    "cpu,models/llama",
    "cpu,models/llama3",
    "cpu,models/mistral",
    "cpu,models2/qwen2",
    "cpu,models2/smollm3",
    "cpu-reference,models/llama"
  })
  void agreesInBf16UpToItsRounding(String backendName, String name) {
    Path dir = oracle(name);
    try (Backend backend = Backends.open(backendName, 2);
        SafetensorsFile golden = SafetensorsFile.open(dir.resolve("golden.safetensors"));
        LanguageModel model = LanguageModel.load(backend, dir, Precision.BF16)) {
      Golden expected = new Golden(golden);
      PassCapacity capacity =
          PassCapacity.train(expected.rows, expected.batch, expected.batch, expected.length);
      float[] exact = expected.logits("base_logits");
      float[] narrow = logits(model, null, expected, capacity);
      double squares = 0;
      double errors = 0;
      for (int i = 0; i < exact.length; i++) {
        squares += (double) exact[i] * exact[i];
        errors += Math.pow(narrow[i] - exact[i], 2);
      }
      double relative = Math.sqrt(errors / squares);
      int matrices = 1 + model.layers.stream().mapToInt(layer -> layer.linears().size()).sum();
      assertTrue(relative < Math.sqrt(2 * matrices) * 0x1p-8, "relative error " + relative);
      assertTrue(relative > 1e-6, "these weights are not in BF16: " + relative);
    }
  }

  private static float[] logits(
      LanguageModel model, LoraAdapters lora, Golden expected, PassCapacity capacity) {
    try (TransformerPass pass = new TransformerPass(model, lora, capacity)) {
      return pass.logits(expected.toBatch());
    }
  }

  private static void compareGradients(
      SafetensorsFile golden,
      LoraAdapters lora,
      PerSampleGradients sink,
      int batch,
      JsonNode tolerance) {
    ParameterLayout layout = lora.layout();
    int d = (int) layout.parameters();
    float[] gradients = sink.gradients().downloadFloats(batch * d);
    double[] squared = sink.norms().squaredNorms().downloadDoubles(batch * layout.size());
    float[] flat = golden.tensor("per_sample_grad_norm_flat").toFloats();
    double bound = 10 * tolerance.get("per_sample_grad").get("max_abs_diff_f32").asDouble() + 1e-6;
    double normBound =
        10 * tolerance.get("per_sample_grad_norm_flat").get("max_abs_diff_f32").asDouble() + 1e-6;
    int compared = 0;
    for (int k = 0; k < layout.size(); k++) {
      LoraShape shape = lora.shape(k);
      String prefix = "per_sample_grad.base_model.model." + lora.modules().get(k);
      float[] a = golden.tensor(prefix + ".lora_A.weight").toFloats();
      float[] b = golden.tensor(prefix + ".lora_B.weight").toFloats();
      int sizeA = shape.rank() * shape.inChannels();
      int sizeB = shape.rank() * shape.outChannels();
      for (int s = 0; s < batch; s++) {
        int at = s * d + (int) layout.offset(k);
        for (int i = 0; i < sizeA; i++, compared++) {
          assertEquals(
              a[s * sizeA + i],
              gradients[at + i],
              bound,
              prefix + ".A sample " + s + " index " + i);
        }
        for (int i = 0; i < sizeB; i++, compared++) {
          assertEquals(
              b[s * sizeB + i],
              gradients[at + sizeA + i],
              bound,
              prefix + ".B sample " + s + " index " + i);
        }
      }
    }
    assertEquals(batch * d, compared);
    for (int s = 0; s < batch; s++) {
      double norm = 0;
      for (int k = 0; k < layout.size(); k++) {
        norm += squared[k * batch + s];
      }
      assertEquals(flat[s], Math.sqrt(norm), normBound, "flat norm of sample " + s);
    }
  }

  private static void compare(String what, float[] expected, float[] actual, JsonNode tolerance) {
    assertEquals(expected.length, actual.length, what);
    double bound = 10 * tolerance.get(what).get("max_abs_diff_f32").asDouble() + 1e-6;
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], actual[i], bound, what + "[" + i + "]");
    }
  }

  private static Path oracle(String name) {
    Path dir = Path.of(System.getProperty("sotto.shared"), "oracles").resolve(name);
    Assumptions.assumeTrue(Files.isDirectory(dir), "no reference values at " + dir);
    return dir;
  }

  /** The padded reference tensors, unpadded to packed rows. */
  private static final class Golden {
    final SafetensorsFile file;
    final int batch;
    final int length;
    final int rows;
    final long[] ids;
    final long[] mask;
    final long[] labels;

    Golden(SafetensorsFile file) {
      this.file = file;
      long[] shape = file.tensor("input_ids").shape();
      batch = (int) shape[0];
      length = (int) shape[1];
      ids = file.tensor("input_ids").toLongs();
      mask = file.tensor("attention_mask").toLongs();
      labels = file.tensor("labels").toLongs();
      int total = 0;
      for (long m : mask) {
        total += (int) m;
      }
      rows = total;
      assertTrue(rows > 0);
    }

    float[] floats(String name) {
      return file.tensor(name).toFloats();
    }

    Batch toBatch() {
      Batch out = new Batch(rows, batch, batch);
      for (int s = 0; s < batch; s++) {
        List<Integer> real = new ArrayList<>();
        int count = 0;
        for (int t = 0; t < length; t++) {
          if (mask[s * length + t] == 1) {
            real.add(s * length + t);
            count += labels[s * length + t] >= 0 ? 1 : 0;
          }
        }
        out.add(
            real.stream().mapToInt(i -> (int) ids[i]).toArray(),
            real.stream().mapToInt(i -> (int) labels[i]).toArray(),
            count == 0 ? 0f : 1f / count);
        out.endUnit();
      }
      return out;
    }

    float[] logits(String name) {
      float[] padded = floats(name);
      int vocabulary = padded.length / (batch * length);
      float[] packed = new float[rows * vocabulary];
      int row = 0;
      for (int i = 0; i < batch * length; i++) {
        if (mask[i] == 1) {
          System.arraycopy(padded, i * vocabulary, packed, row++ * vocabulary, vocabulary);
        }
      }
      return packed;
    }

    float[] unitLosses(float[] rowLosses) {
      float[] losses = new float[batch];
      int row = 0;
      for (int s = 0; s < batch; s++) {
        double sum = 0;
        int count = 0;
        for (int t = 0; t < length; t++) {
          if (mask[s * length + t] == 1) {
            sum += rowLosses[row++];
            count += labels[s * length + t] >= 0 ? 1 : 0;
          }
        }
        losses[s] = count == 0 ? 0f : (float) (sum / count);
      }
      return losses;
    }
  }
}
