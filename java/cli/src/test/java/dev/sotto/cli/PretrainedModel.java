package dev.sotto.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.stream.Stream;

/** A model of some ten thousand weights, pretrained for a few steps through the command itself. */
final class PretrainedModel {
  private static final String CONFIG =
      """
      {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 16,
       "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
       "num_key_value_heads": 1, "max_position_embeddings": 64, "vocab_size": 1,
       "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "hidden_act": "silu",
       "tie_word_embeddings": true}
      """;

  private PretrainedModel() {}

  /** Makes config, public text and model below {@code work}; returns the model directory. */
  static Path in(Path work) {
    return in(work, 16);
  }

  /** The same with as many channels as are given. */
  static Path in(Path work, int channels) {
    return in(work, channels, 12);
  }

  /** The same after 150 steps, so that it has learned to go on with its text. */
  static Path fluentIn(Path work) {
    return in(work, 16, 150);
  }

  private static Path in(Path work, int channels, int steps) {
    String json = CONFIG.replace("\"hidden_size\": 16", "\"hidden_size\": " + channels);
    Path config = write(work.resolve("tiny-config.json"), json);
    Path text = work.resolve("public.txt");
    CommandRun.of(
            "synthesize", "--kind", "public-text", "--records", "60", "--output", text.toString())
        .succeeded();
    Path model = work.resolve("model");
    CommandRun.of(
            "pretrain",
            "--config",
            config.toString(),
            "--train",
            text.toString(),
            "--output",
            model.toString(),
            "--vocabulary-size",
            "480",
            "--max-length",
            "64",
            "--batch-tokens",
            "512",
            "--steps",
            Integer.toString(steps),
            "--learning-rate",
            "0.01")
        .succeeded();
    return model;
  }

  /** Notes with a patient column, some of several notes a patient. */
  static Path notes(Path work) {
    Path notes = work.resolve("notes.csv");
    CommandRun.of(
            "synthesize",
            "--kind",
            "clinical-notes",
            "--records",
            "60",
            "--output",
            notes.toString())
        .succeeded();
    return notes;
  }

  /** A copy to be damaged. */
  static Path copy(Path model, Path target) {
    try (Stream<Path> files = Files.list(model)) {
      Files.createDirectories(target);
      for (Path file : files.toList()) {
        Files.copy(file, target.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
      return target;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Path write(Path file, String content) {
    try {
      return Files.writeString(file, content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void deleteTree(Path directory) {
    try (Stream<Path> paths = Files.walk(directory)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
