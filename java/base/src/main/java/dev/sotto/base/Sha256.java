package dev.sotto.base;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 (FIPS 180-4), in 64 hexadecimal digits as {@code sha256sum} prints it. */
public final class Sha256 {
  private static final int CHUNK = 1 << 20;

  private Sha256() {}

  /**
   * A digest to be fed piece by piece.
   *
   * @return a fresh one
   */
  public static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /**
   * Of bytes.
   *
   * @param bytes any
   * @return 64 hexadecimal digits
   */
  public static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(digest().digest(bytes));
  }

  /**
   * Of one file.
   *
   * @param file any file
   * @return 64 hexadecimal digits
   * @throws InputException if it is missing or cannot be read
   */
  public static String ofFile(Path file) {
    MessageDigest digest = digest();
    try {
      feed(file, digest::update);
    } catch (IOException e) {
      throw FileFailure.cannotBeRead(file, e);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Takes the bytes of a file, a chunk at a time. */
  @FunctionalInterface
  public interface Chunks {
    /**
     * Takes some bytes.
     *
     * @param chunk used again afterwards
     * @param from first byte
     * @param length number of bytes
     */
    void take(byte[] chunk, int from, int length);
  }

  /**
   * Feeds a file to a digest or a keyed one, without holding it in memory.
   *
   * @param file any file
   * @param digest takes it
   * @throws IOException if it is missing or cannot be read
   */
  public static void feed(Path file, Chunks digest) throws IOException {
    byte[] chunk = new byte[CHUNK];
    try (InputStream in = Files.newInputStream(file)) {
      for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
        digest.take(chunk, 0, n);
      }
    }
  }
}
