package dev.sotto.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.base.InputException;
import dev.sotto.checkpoint.DataType;
import dev.sotto.checkpoint.SafetensorsFile;
import dev.sotto.checkpoint.SafetensorsWriter;
import dev.sotto.checkpoint.TensorData;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.compute.ElementType;
import dev.sotto.fixtures.TinyModel;
import dev.sotto.gradient.PerSampleGradients;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Frozen matrices in BF16: what changes and what does not. */
class PrecisionTest {
  @TempDir Path dir;

  /** What a pass over {@link TinyModel#batch} gives, through so many products with matrices. */
  private record Results(float[] logits, float[] gradients, int products) {}

  /**
   * BF16 in the file: the weights are what they are, and what is left is the rounding of the other
   * factor of each product, by at most 2⁻⁸ of itself in either direction. Roundings of unrelated
   * numbers add in squares, in the root mean square: to √n · 2⁻⁸ of the logits after n products. A
   * gradient is the product of an input, n roundings at most, and of what comes back from the loss,
   * n on the way there and n on the way back: √(3n) · 2⁻⁸.
   */
  @ParameterizedTest
  @CsvSource({"cpu,gpt2", "cpu,llama", "cpu-reference,gpt2", "cpu-reference,llama"})
  void aCheckpointInBf16DiffersByTheRoundingOfActivations(String backendName, String kind) {
    try (Backend backend = Backends.open(backendName, 2)) {
      save(backend, kind, DataType.BF16);
      Results wide = results(backend, Precision.F32);
      Results narrow = results(backend, Precision.BF16);
      assertTrue(largest(wide.gradients) > 1e-3);
      double logits = relativeError(narrow.logits, wide.logits);
      double gradients = relativeError(narrow.gradients, wide.gradients);
      assertTrue(logits > 0 && logits < Math.sqrt(wide.products) * 0x1p-8, "logits " + logits);
      assertTrue(gradients < Math.sqrt(3 * wide.products) * 0x1p-8, "gradients " + gradients);
    }
  }

  /** F32 or F16 in the file: the same as if every matrix had been rounded there. */
  @ParameterizedTest
  @CsvSource({"gpt2,F32", "llama,F32", "llama,F16"})
  void otherTypesAreRoundedToTheNearest(String kind, DataType stored) {
    try (Backend backend = Backends.open("cpu", 2)) {
      save(backend, kind, stored);
      Results narrow = results(backend, Precision.BF16);
      assertFalse(Arrays.equals(results(backend, Precision.F32).logits, narrow.logits));
      roundMatrices();
      Results rounded = results(backend, Precision.BF16);
      assertArrayEquals(rounded.logits, narrow.logits);
      assertArrayEquals(rounded.gradients, narrow.gradients);
    }
  }

  @Test
  void onlyMatricesAreNarrow() throws IOException {
    try (Backend backend = Backends.open("cpu", 1)) {
      save(backend, "llama", DataType.F32);
      Path config = dir.resolve("config.json");
      Files.writeString(
          config, Files.readString(config).replace("embeddings\": true", "embeddings\": false"));
      try (LanguageModel untied = LanguageModel.initialise(backend, config, 1)) {
        Files.delete(dir.resolve("model.safetensors"));
        untied.save(dir, DataType.F32);
      }
      try (LanguageModel model = LanguageModel.load(backend, dir, Precision.BF16)) {
        assertEquals(Precision.BF16, model.precision());
        assertEquals(ElementType.BF16, model.head.type());
        model
            .tensors()
            .forEach(
                (name, tensor) ->
                    assertEquals(
                        name.matches(".*(_proj|lm_head)\\.weight")
                            ? ElementType.BF16
                            : ElementType.F32,
                        tensor.type(),
                        name));
      }
      assertEquals(Precision.F32, Precision.defaultOf(backend));
    }
  }

  /** A file can be finite in F32 and overflow in BF16. */
  @Test
  void refusesMatricesThatAreNotFinite() {
    for (float bad : new float[] {Float.NaN, Float.NEGATIVE_INFINITY, Float.MAX_VALUE}) {
      try (Backend backend = Backends.open("cpu", 1)) {
        save(backend, "llama", DataType.F32);
        rewrite((name, values) -> values[3] = name.contains("up_proj") ? bad : values[3]);
        InputException e =
            assertThrows(
                InputException.class, () -> LanguageModel.load(backend, dir, Precision.BF16));
        assertTrue(
            e.getMessage().contains("up_proj.weight' has 1 values that are NaN or"), bad + "");
      }
    }
  }

  private void save(Backend backend, String kind, DataType type) {
    try (LanguageModel model = TinyModel.of(kind, backend, dir)) {
      model.save(dir, type);
    }
  }

  private Results results(Backend backend, Precision precision) {
    try (LanguageModel model = LanguageModel.load(backend, dir, precision);
        LoraAdapters lora = TinyModel.adapters(model, 0.2)) {
      Batch batch = TinyModel.batch();
      PassCapacity capacity = PassCapacity.train(40, 4, 3, 24);
      try (TransformerPass pass = new TransformerPass(model, lora, capacity);
          PerSampleGradients sink = new PerSampleGradients(backend, lora.layout(), 3)) {
        float[] logits = pass.logits(batch);
        sink.begin(3);
        pass.forwardBackward(batch, sink);
        int gradients = (int) (3 * lora.layout().parameters());
        int products = 1 + model.layers.stream().mapToInt(layer -> layer.linears().size()).sum();
        return new Results(logits, sink.gradients().downloadFloats(gradients), products);
      }
    }
  }

  /** Rounds the matrices of blocks and leaves the rest as it was. */
  private void roundMatrices() {
    rewrite(
        (name, values) -> {
          if (name.matches(".*(_proj|c_attn|c_fc)\\.weight")) {
            for (int i = 0; i < values.length; i++) {
              values[i] = rounded(values[i]);
            }
          }
        });
  }

  private interface Change {
    void apply(String name, float[] values);
  }

  private void rewrite(Change change) {
    Path file = dir.resolve("model.safetensors");
    Map<String, TensorData> changed = new LinkedHashMap<>();
    try (SafetensorsFile opened = SafetensorsFile.open(file)) {
      for (String name : opened.names()) {
        float[] values = opened.tensor(name).toFloats();
        change.apply(name, values);
        changed.put(
            name,
            new TensorData(DataType.F32, opened.tensor(name).shape(), FloatBuffer.wrap(values)));
      }
    }
    try {
      Files.delete(file); // it is mapped, so it must not be written over
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    SafetensorsWriter.write(file, changed, Map.of("format", "pt"));
  }

  /** To the nearest multiple of the last bit kept, ties to even: in doubles, unlike the code. */
  private static float rounded(float value) {
    if (value == 0) {
      return value;
    }
    double unit = Math.scalb(1.0, Math.getExponent(value) - 7);
    return (float) (Math.rint(value / unit) * unit);
  }

  /** In the root mean square. */
  private static double relativeError(float[] values, float[] exact) {
    double squares = 0;
    double errors = 0;
    for (int i = 0; i < exact.length; i++) {
      squares += (double) exact[i] * exact[i];
      errors += Math.pow(values[i] - exact[i], 2);
    }
    return Math.sqrt(errors / squares);
  }

  private static float largest(float[] values) {
    float most = 0;
    for (float value : values) {
      most = Math.max(most, Math.abs(value));
    }
    return most;
  }
}
