package dev.sotto.checkpoint;

import dev.sotto.base.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 of weights, in hexadecimal digits, as {@code sha256sum} computes it. */
public final class WeightsDigest {
  private static final int CHUNK = 1 << 20;

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
        lines.append(ofFile(file)).append("  ").append(file.getFileName()).append('\n');
      }
    }
    return HexFormat.of()
        .formatHex(sha256().digest(lines.toString().getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * Of one file.
   *
   * @param file any file
   * @return 64 hexadecimal digits
   * @throws InputException if it is missing or cannot be read
   */
  public static String ofFile(Path file) {
    MessageDigest digest = sha256();
    byte[] chunk = new byte[CHUNK];
    try (InputStream in = Files.newInputStream(file)) {
      for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
        digest.update(chunk, 0, n);
      }
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read (" + e + ")", e);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this Java runtime has no SHA-256", e);
    }
  }
}
