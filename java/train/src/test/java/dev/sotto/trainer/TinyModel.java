package dev.sotto.trainer;

import dev.sotto.checkpoint.DataType;
import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.data.Block;
import dev.sotto.data.Corpus;
import dev.sotto.data.PrivacyUnit;
import dev.sotto.model.LanguageModel;
import dev.sotto.model.LoraAdapters;
import dev.sotto.model.LoraOptions;
import dev.sotto.tokenizer.VocabularyBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Models of two layers and corpora of a few random tokens, small enough that a step takes a
 * millisecond.
 */
public final class TinyModel {
  /** Words of the records that {@link #directory} can tokenise whole. */
  public static final String WORDS =
      "the patient was seen for fever and left the ward in good health";

  static final int VOCABULARY = 61;
  static final int HIDDEN = 16;
  static final int MAX_LENGTH = 12;

  private TinyModel() {}

  /**
   * HuggingFace configuration of a tiny GPT-2 (learned positions, fused and biased projections,
   * tied head).
   */
  public static String gpt2(int vocabulary) {
    return """
        {"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "vocab_size": %d,
         "n_embd": 16, "n_layer": 2, "n_head": 2, "n_positions": 32,
         "bos_token_id": 1, "eos_token_id": 2}
        """
        .formatted(vocabulary);
  }

  /**
   * HuggingFace configuration of a tiny Llama (rotary, grouped queries, gated MLP, untied head).
   */
  public static String llama(int vocabulary) {
    return """
        {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": %d,
         "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2,
         "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 32,
         "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "hidden_act": "silu",
         "tie_word_embeddings": false, "bos_token_id": 1, "eos_token_id": 2}
        """
        .formatted(vocabulary);
  }

  /** A random model whose weights are large enough for gradients to be far from zero. */
  static LanguageModel model(Backend backend, Path dir, String config) {
    LanguageModel model = LanguageModel.initialise(backend, configFile(dir, config), 11);
    DeviceBuffer flat = model.flatWeights();
    float[] weights = flat.downloadFloats((int) flat.length());
    for (int i = 0; i < weights.length; i++) {
      weights[i] = weights[i] == 1f ? 1f : 8 * weights[i];
    }
    flat.upload(weights);
    return model;
  }

  static LanguageModel llamaModel(Backend backend, Path dir) {
    return model(backend, dir, llama(VOCABULARY));
  }

  private static Path configFile(Path dir, String config) {
    try {
      return Files.writeString(dir.resolve("config.json"), config);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Adapters with A and B both away from zero, so that every gradient is. */
  static LoraAdapters adapters(LanguageModel model, String... targets) {
    LoraAdapters lora = LoraAdapters.create(model, new LoraOptions(3, 6, List.of(targets)), 5);
    Random random = new Random(6);
    float[] values = lora.values();
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (0.3 * random.nextGaussian());
    }
    lora.weights().upload(values);
    return lora;
  }

  /** Units of one to three blocks of 2 to {@link #MAX_LENGTH} tokens. */
  static List<PrivacyUnit> units(int count, long seed) {
    Random random = new Random(seed);
    List<PrivacyUnit> units = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      List<Block> blocks = new ArrayList<>();
      for (int b = 1 + (i % 4 == 3 ? 2 : 0); b > 0; b--) {
        blocks.add(block(random, 2 + random.nextInt(MAX_LENGTH - 1)));
      }
      units.add(new PrivacyUnit(blocks));
    }
    return units;
  }

  static Corpus corpus(int count) {
    return new Corpus(units(count, 3));
  }

  /** A random block; ids 0 to 9 are left out, for tests that need a token nobody else has. */
  static Block block(Random random, int length) {
    int[] ids = random.ints(length, 10, VOCABULARY).toArray();
    int[] targets = Arrays.copyOf(Arrays.copyOfRange(ids, 1, length + 1), length);
    targets[length - 1] = Block.NO_TARGET;
    return new Block(ids, targets);
  }

  /** A complete model directory with tokenizer, for runs from files to files. */
  public static Path directory(Backend backend, Path dir, boolean gpt2) {
    try {
      Files.createDirectories(dir);
      int vocabulary = VocabularyBuilder.write(dir, List.of(WORDS), 1000);
      String config = gpt2 ? gpt2(vocabulary) : llama(vocabulary);
      try (LanguageModel model = model(backend, dir, config)) {
        model.save(dir, DataType.F32);
      }
      return dir;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A CSV of short records, deterministic. */
  public static Path records(Path file, int count) {
    return records(file, count, 2, new Random(8));
  }

  /** The same, too long to be any of {@link #records(Path, int)}. */
  public static Path publicRecords(Path file, int count) {
    return records(file, count, 8, new Random(9));
  }

  private static Path records(Path file, int count, int shortest, Random random) {
    String[] words = WORDS.split(" ");
    StringBuilder csv = new StringBuilder("text\n");
    for (int i = 0; i < count; i++) {
      for (int w = shortest + random.nextInt(6); w > 0; w--) {
        csv.append(words[random.nextInt(words.length)]).append(w == 1 ? "\n" : " ");
      }
    }
    try {
      return Files.writeString(file, csv);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
