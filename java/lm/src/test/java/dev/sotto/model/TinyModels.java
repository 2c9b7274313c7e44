package dev.sotto.model;

import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/** Models of two layers with random weights large enough that every gradient is far from zero. */
final class TinyModels {
  static final int VOCABULARY = 53;

  private TinyModels() {}

  static LanguageModel of(String kind, Backend backend, Path dir) {
    return of(kind, backend, dir, 16);
  }

  static LanguageModel of(String kind, Backend backend, Path dir, int hidden) {
    try {
      Path config = Files.writeString(dir.resolve("config.json"), config(kind, hidden));
      LanguageModel model = LanguageModel.initialise(backend, config, 11);
      DeviceBuffer flat = model.flatWeights();
      float[] weights = flat.downloadFloats((int) flat.length());
      Random random = new Random(12);
      for (int i = 0; i < weights.length; i++) {
        // Biases and norms too, so that nothing is at a special value.
        weights[i] =
            8 * weights[i] * (weights[i] == 1f ? 0.125f : 1f)
                + (float) (0.05 * random.nextGaussian());
      }
      flat.upload(weights);
      return model;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String config(String kind, int hidden) {
    return switch (kind) {
      case "gpt2" ->
          """
          {"model_type": "gpt2", "vocab_size": %d, "n_embd": %d, "n_layer": 2, "n_head": 2,
           "n_positions": 24}
          """
              .formatted(VOCABULARY, hidden);
      case "llama", "mistral" ->
          """
          {"model_type": "%s", "vocab_size": %d, "hidden_size": %d, "intermediate_size": 24,
           "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
           "max_position_embeddings": 24, "rms_norm_eps": 1e-5, "tie_word_embeddings": true}
          """
              .formatted(kind, VOCABULARY, hidden);
      default -> throw new IllegalArgumentException(kind);
    };
  }

  /** Fresh adapters of rank 3, alpha 6. */
  static LoraAdapters fresh(LanguageModel model, String... targets) {
    return LoraAdapters.create(model, new LoraOptions(3, 6, List.of(targets)), 5);
  }

  /** Adapters whose A and B are both away from zero. */
  static LoraAdapters adapters(LanguageModel model, String... targets) {
    LoraAdapters lora = fresh(model, targets);
    Random random = new Random(6);
    float[] values = lora.values();
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (0.2 * random.nextGaussian());
    }
    lora.weights().upload(values);
    return lora;
  }

  /** Three units: two sequences, one sequence, one of length two. */
  static Batch batch() {
    Random random = new Random(9);
    Batch batch = new Batch(40, 4, 3);
    add(batch, random, 7, 1f / 13);
    add(batch, random, 8, 1f / 13);
    batch.endUnit();
    add(batch, random, 5, 1f / 4);
    batch.endUnit();
    add(batch, random, 2, 1f);
    batch.endUnit();
    return batch;
  }

  private static void add(Batch batch, Random random, int length, float weight) {
    int[] ids = random.ints(length + 1L, 0, VOCABULARY).toArray();
    int[] targets = new int[length];
    System.arraycopy(ids, 1, targets, 0, length);
    targets[length - 1] = -100;
    int[] tokens = new int[length];
    System.arraycopy(ids, 0, tokens, 0, length);
    batch.add(tokens, targets, weight);
  }
}
