package dev.sotto.checkpoint;

import dev.sotto.base.InputException;
import dev.sotto.base.Sha256;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** One digest of all of a model's weights. */
public final class WeightsDigest {
  private WeightsDigest() {}

  /**
   * Of all weights of a model directory: the digest of the lines {@code DIGEST NAME} of its weight
   * files in the order of their names, which is what this prints:
   *
   * <pre>{@code
   * LC_ALL=C sha256sum model*.safetensors | sha256sum
   * }</pre>
   *
   * @param modelDir a HuggingFace model directory
   * @return 64 hexadecimal digits
   * @throws InputException if a file is missing or cannot be read
   */
  public static String ofModel(Path modelDir) {
    StringBuilder lines = new StringBuilder();
    try (Checkpoint checkpoint = Checkpoint.open(modelDir)) {
      for (Path file : checkpoint.files()) {
        lines.append(Sha256.ofFile(file)).append("  ").append(file.getFileName()).append('\n');
      }
    }
    return Sha256.hex(lines.toString().getBytes(StandardCharsets.UTF_8));
  }
}
