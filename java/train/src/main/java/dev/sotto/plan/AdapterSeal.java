package dev.sotto.plan;

import dev.sotto.base.Sha256;
import dev.sotto.checkpoint.AdapterConfig;
import dev.sotto.checkpoint.AdapterFiles;
import dev.sotto.ledger.Ledger;
import dev.sotto.ledger.LedgerContents;
import dev.sotto.ledger.LedgerHeader;
import dev.sotto.ledger.ReleasedAdapter;
import dev.sotto.task.AdapterNotes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Ties an adapter and the ledger that paid for it together: the adapter names the run and its last
 * nonce, the ledger's closing line names the bytes of all its files, its frame's too.
 */
final class AdapterSeal {
  private static final String GUARANTEE = "sotto_guarantee";

  private AdapterSeal() {}

  /** What the metadata of an adapter says that is about to be written. */
  static Map<String, String> notes(Ledger ledger, Account.Private account) {
    Map<String, String> notes = new LinkedHashMap<>();
    notes.put(ReleasedAdapter.RUN, ledger.runId());
    notes.put(ReleasedAdapter.NONCE, ledger.nonces().get(ledger.nonces().size() - 1));
    if (account instanceof Account.PaperClaim) {
      notes.put(GUARANTEE, LedgerHeader.NO_GUARANTEE);
    }
    return notes;
  }

  /** Closes the ledger over the adapter that was written. */
  static void seal(Ledger ledger, Path adapterDir) {
    Map<String, String> digests = new LinkedHashMap<>();
    for (String name :
        List.of(
            LedgerContents.ADAPTER,
            AdapterConfig.FILE_NAME,
            AdapterNotes.FILE_NAME,
            AdapterFiles.HEAD_FILE_NAME)) {
      Path file = adapterDir.resolve(name);
      if (!name.equals(AdapterFiles.HEAD_FILE_NAME) || Files.exists(file)) {
        digests.put(name, Sha256.ofFile(file));
      }
    }
    ledger.seal(digests);
  }
}
