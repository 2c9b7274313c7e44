package dev.sotto.ledger;

import dev.sotto.base.InputException;
import java.nio.file.Path;

/**
 * A ledger that is not what was written: edited, truncated, or spliced. No ε can be derived from
 * it.
 */
public final class LedgerCorruptException extends InputException {
  private static final long serialVersionUID = 1L;

  /**
   * Names the place.
   *
   * @param file the ledger
   * @param line counted from 1
   * @param reason what is wrong there
   */
  public LedgerCorruptException(Path file, long line, String reason) {
    super(
        file
            + ": line "
            + line
            + ": "
            + reason
            + "; the ledger was changed after it was written and proves nothing");
  }
}
