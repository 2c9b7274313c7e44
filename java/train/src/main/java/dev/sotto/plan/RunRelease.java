package dev.sotto.plan;

import dev.sotto.checkpoint.AdapterConfig;
import dev.sotto.checkpoint.WeightsDigest;
import dev.sotto.ledger.Ledger;
import dev.sotto.ledger.LedgerContents;
import dev.sotto.ledger.LedgerHeader;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Ties an adapter and the ledger that paid for it together: the adapter names the run and its last
 * nonce, the ledger's closing line names the adapter's bytes.
 */
public final class RunRelease {
  /** Metadata of an adapter's weights: which run made it. */
  public static final String RUN = "sotto_run";

  /** Metadata of an adapter's weights: which start or resume of the run wrote it. */
  public static final String NONCE = "sotto_nonce";

  private static final String GUARANTEE = "sotto_guarantee";

  private RunRelease() {}

  /** What the metadata of an adapter says that is about to be written. */
  static Map<String, String> notes(Ledger ledger, PrivacyPlan plan) {
    Map<String, String> notes = new LinkedHashMap<>();
    notes.put(RUN, ledger.runId());
    notes.put(NONCE, ledger.nonces().get(ledger.nonces().size() - 1));
    if (!plan.provesEpsilon()) {
      notes.put(GUARANTEE, LedgerHeader.NO_GUARANTEE);
    }
    return notes;
  }

  /** Closes the ledger over the adapter that was written. */
  static void seal(Ledger ledger, Path adapterDir) {
    Map<String, String> digests = new LinkedHashMap<>();
    for (String name : List.of(LedgerContents.ADAPTER, AdapterConfig.FILE_NAME)) {
      digests.put(name, WeightsDigest.ofFile(adapterDir.resolve(name)));
    }
    ledger.seal(digests);
  }
}
