package dev.sotto.plan;

import dev.sotto.base.Sha256;
import dev.sotto.gguf.GgufFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;

/** The files beside the weights that say what model they are of, and how text becomes tokens. */
final class ModelDescription {
  private static final List<String> FILES =
      List.of(
          "config.json",
          "generation_config.json",
          "special_tokens_map.json",
          "tokenizer.json",
          "tokenizer_config.json");

  private ModelDescription() {}

  /**
   * SHA-256 of the lines {@code DIGEST NAME} of those files that there are, so that a run does not
   * go on with half of its model another; of a GGUF file, of all that stands before the data.
   *
   * @param model a HuggingFace model directory, or a GGUF file
   * @return 64 hexadecimal digits
   */
  static String digest(Path model) {
    if (Files.isRegularFile(model)) {
      try (GgufFile file = GgufFile.open(model)) {
        MessageDigest digest = Sha256.digest();
        digest.update(file.header());
        return HexFormat.of().formatHex(digest.digest());
      }
    }
    StringBuilder lines = new StringBuilder();
    for (String name : FILES) {
      Path file = model.resolve(name);
      if (Files.exists(file)) {
        lines.append(Sha256.ofFile(file)).append("  ").append(name).append('\n');
      }
    }
    return Sha256.hex(lines.toString().getBytes(StandardCharsets.UTF_8));
  }
}
