package dev.sotto.ledger;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/**
 * The end of a chain of lines: how many there are, and the hash of the last. Kept apart from the
 * lines, so that cut-off ones are missed.
 *
 * @param lines at least 0
 * @param hash SHA-256 of the last, in hexadecimal digits; zeros before the first
 */
public record ChainHead(long lines, String hash) {
  /** Length of {@link #bytes}. */
  public static final int BYTES = 86;

  private static final String TEXT = "[0-9]{20} [0-9a-f]{64}\n";

  /** A line of text of fixed length. */
  public byte[] bytes() {
    return String.format(Locale.ROOT, "%020d %s\n", lines, hash)
        .getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * Reads what {@link #bytes} wrote.
   *
   * @throws IllegalArgumentException if it is anything else
   */
  public static ChainHead parse(String text) {
    if (!text.matches(TEXT)) {
      throw new IllegalArgumentException("no head of a chain of lines");
    }
    return new ChainHead(Long.parseLong(text.substring(0, 20)), text.substring(21, 85));
  }

  /**
   * Whether a chain has come this far on the same way.
   *
   * @param hashes of its lines, from the one before the first
   */
  public boolean reachedBy(List<String> hashes) {
    return lines < hashes.size() && hash.equals(hashes.get((int) lines));
  }
}
