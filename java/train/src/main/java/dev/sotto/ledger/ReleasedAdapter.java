package dev.sotto.ledger;

import dev.sotto.base.Sha256;
import dev.sotto.checkpoint.SafetensorsFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * An adapter as a ledger sees it.
 *
 * @param path as it was named
 * @param sha256 of its weights' file, in hexadecimal digits
 * @param runId which run it says made it; null if it says none
 * @param nonce which start or resume of that run; null if it says none
 */
public record ReleasedAdapter(Path path, String sha256, String runId, String nonce) {
  /** Metadata of an adapter's weights: which run made it. */
  public static final String RUN = "sotto_run";

  /** Metadata of an adapter's weights: which start or resume of the run wrote it. */
  public static final String NONCE = "sotto_nonce";

  /**
   * Reads what is needed of an adapter.
   *
   * @param path a PEFT adapter directory, or its weights' file
   * @throws dev.sotto.base.InputException if it is missing or damaged
   */
  public static ReleasedAdapter read(Path path) {
    Path file = Files.isDirectory(path) ? path.resolve(LedgerContents.ADAPTER) : path;
    try (SafetensorsFile weights = SafetensorsFile.open(file)) {
      Map<String, String> metadata = weights.metadata();
      return new ReleasedAdapter(path, Sha256.ofFile(file), metadata.get(RUN), metadata.get(NONCE));
    }
  }

  /** Whether a closing line of the ledger names these bytes. */
  boolean paidBy(LedgerContents ledger) {
    return ledger.releases().stream()
        .anyMatch(release -> sha256.equals(release.get(LedgerContents.ADAPTER)));
  }
}
