package dev.sotto.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sotto.checkpoint.SafetensorsFile;
import dev.sotto.compute.Backend;
import dev.sotto.compute.LoraShape;
import dev.sotto.data.Block;
import dev.sotto.gradient.ParameterLayout;
import dev.sotto.gradient.PerSampleGradients;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;

/** Padded reference tensors, unpadded to packed rows, and how to compare with them. */
final class Golden {
  final SafetensorsFile file;
  final int batch;
  final int length;
  final int rows;
  private final long[] ids;
  private final long[] types;
  private final long[] mask;

  /** Next tokens [B,T], or one label a sample [B]. */
  private final double[] labels;

  Golden(SafetensorsFile file) {
    this.file = file;
    long[] shape = file.tensor("input_ids").shape();
    batch = (int) shape[0];
    length = (int) shape[1];
    ids = file.tensor("input_ids").toLongs();
    mask = file.tensor("attention_mask").toLongs();
    types =
        file.names().contains("token_type_ids")
            ? file.tensor("token_type_ids").toLongs()
            : new long[ids.length];
    labels = numbers("labels");
    int total = 0;
    for (long m : mask) {
      total += (int) m;
    }
    rows = total;
    assertTrue(rows > 0);
  }

  private double[] numbers(String name) {
    if (file.tensor(name).dtype().isFloat()) {
      float[] floats = floats(name);
      double[] numbers = new double[floats.length];
      for (int i = 0; i < floats.length; i++) {
        numbers[i] = floats[i];
      }
      return numbers;
    }
    return Arrays.stream(file.tensor(name).toLongs()).asDoubleStream().toArray();
  }

  static Path oracle(String name) {
    Path dir = Path.of(System.getProperty("sotto.shared"), "oracles").resolve(name);
    Assumptions.assumeTrue(Files.isDirectory(dir), "no reference values at " + dir);
    return dir;
  }

  /** A model of a directory: scoring so many outputs, or predicting the next token where 0. */
  static LanguageModel model(Backend backend, Path dir, Precision precision, int outputs) {
    return outputs == 0
        ? LanguageModel.load(backend, dir, precision)
        : LanguageModel.load(
            backend,
            dir,
            precision,
            outputs == 1 ? ClassifierOptions.number() : ClassifierOptions.classes(outputs));
  }

  /** The adapter beside a model's values, in a directory as PEFT has it. */
  static Path adapter(Path dir, Path temp) throws IOException {
    Path adapter = Files.createDirectories(temp.resolve("adapter-of-" + dir.getFileName()));
    for (String[] names :
        new String[][] {
          {"adapter_config.json", "adapter_config.json"},
          {"lora.safetensors", "adapter_model.safetensors"}
        }) {
      Files.copy(
          dir.resolve(names[0]), adapter.resolve(names[1]), StandardCopyOption.REPLACE_EXISTING);
    }
    return adapter;
  }

  /**
   * Rounding to BF16 moves a number by at most 2⁻⁸ of itself, in either direction, and a product
   * has two rounded factors. Roundings of unrelated numbers add in squares: √2 · 2⁻⁸ of a product,
   * √(2n) · 2⁻⁸ of the logits after n of them, in the root mean square. What a norm or a residual
   * takes on from a product, it takes on in proportion.
   *
   * @param layers matrices between the tokens and the logits
   */
  static void compareRounded(float[] exact, float[] narrow, int layers) {
    double squares = 0;
    double errors = 0;
    for (int i = 0; i < exact.length; i++) {
      squares += (double) exact[i] * exact[i];
      errors += Math.pow(narrow[i] - exact[i], 2);
    }
    double relative = Math.sqrt(errors / squares);
    assertTrue(relative < Math.sqrt(2 * layers) * 0x1p-8, "relative error " + relative);
    assertTrue(relative > 1e-6, "these weights are not in BF16: " + relative);
  }

  /** The real tokens of a sample. */
  int[] sample(int s) {
    return IntStream.range(s * length, (s + 1) * length)
        .filter(i -> mask[i] == 1)
        .map(i -> (int) ids[i])
        .toArray();
  }

  float[] floats(String name) {
    return file.tensor(name).toFloats();
  }

  /** Whether the labels are of sequences. */
  private boolean labelled() {
    return labels.length == batch;
  }

  Batch toBatch() {
    Batch out = new Batch(rows, batch, batch);
    for (int s = 0; s < batch; s++) {
      List<Integer> real = new ArrayList<>();
      int count = 0;
      for (int t = 0; t < length; t++) {
        if (mask[s * length + t] == 1) {
          real.add(s * length + t);
          count += !labelled() && labels[s * length + t] >= 0 ? 1 : 0;
        }
      }
      int[] sample = real.stream().mapToInt(i -> (int) ids[i]).toArray();
      if (labelled()) {
        int[] segments = real.stream().mapToInt(i -> (int) types[i]).toArray();
        out.add(Block.labelled(sample, segments, labels[s]), 1f);
      } else {
        int[] targets = real.stream().mapToInt(i -> (int) labels[i]).toArray();
        out.add(sample, targets, count == 0 ? 0f : 1f / count);
      }
      out.endUnit();
    }
    return out;
  }

  /** Logits of real rows, or of sequences. */
  float[] logits(String name) {
    float[] padded = floats(name);
    if (labelled()) {
      return padded;
    }
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

  /** The losses of samples, from those of rows or sequences. */
  float[] unitLosses(float[] losses) {
    double[] units = toBatch().unitLosses(losses);
    float[] narrow = new float[units.length];
    for (int s = 0; s < units.length; s++) {
      narrow[s] = (float) units[s];
    }
    return narrow;
  }

  /** Per-sample gradients, element by element, and their flat norms. */
  void compareGradients(LoraAdapters lora, PerSampleGradients sink, JsonNode tolerance) {
    ParameterLayout layout = lora.layout();
    int d = (int) layout.parameters();
    float[] gradients = sink.gradients().downloadFloats(batch * d);
    double bound = 10 * tolerance.get("per_sample_grad").get("max_abs_diff_f32").asDouble() + 1e-6;
    int compared = 0;
    for (int k = 0; k < lora.modules().size(); k++) {
      LoraShape shape = lora.shape(k);
      String module = lora.modules().get(k);
      int sizeA = (int) shape.parametersOfA();
      int sizeB = (int) shape.parameters() - sizeA;
      int at = (int) layout.offset(k);
      compared += compare(module + ".lora_A.weight", gradients, d, at, sizeA, bound);
      compared += compare(module + ".lora_B.weight", gradients, d, at + sizeA, sizeB, bound);
    }
    for (TrainedLayer layer : lora.head()) {
      int at = (int) layout.offset(lora.trainedLayer(layer.module()));
      int size = layer.sizeOfWeight();
      compared += compare(layer.module() + ".weight", gradients, d, at, size, bound);
      if (layer.bias()) {
        compared += compare(layer.module() + ".bias", gradients, d, at + size, layer.out(), bound);
      }
    }
    assertEquals(batch * d, compared);
    double[] squared = sink.norms().squaredNorms().downloadDoubles(batch * layout.size());
    float[] flat = floats("per_sample_grad_norm_flat");
    double normBound =
        10 * tolerance.get("per_sample_grad_norm_flat").get("max_abs_diff_f32").asDouble() + 1e-6;
    for (int s = 0; s < batch; s++) {
      double norm = 0;
      for (int k = 0; k < layout.size(); k++) {
        norm += squared[k * batch + s];
      }
      assertEquals(flat[s], Math.sqrt(norm), normBound, "flat norm of sample " + s);
    }
  }

  private int compare(String name, float[] gradients, int d, int at, int size, double bound) {
    float[] expected = floats("per_sample_grad.base_model.model." + name);
    for (int s = 0; s < batch; s++) {
      for (int i = 0; i < size; i++) {
        assertEquals(
            expected[s * size + i],
            gradients[s * d + at + i],
            bound,
            name + " sample " + s + " index " + i);
      }
    }
    return batch * size;
  }

  static void compare(String what, float[] expected, float[] actual, JsonNode tolerance) {
    assertEquals(expected.length, actual.length, what);
    double bound = 10 * tolerance.get(what).get("max_abs_diff_f32").asDouble() + 1e-6;
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], actual[i], bound, what + "[" + i + "]");
    }
  }
}
