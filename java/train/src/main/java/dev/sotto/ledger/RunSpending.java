package dev.sotto.ledger;

import dev.sotto.accounting.PrivacyEvent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What one run spent, from all ledgers that bear its id.
 *
 * <p>Two ledgers of one run either continue one another, and then the longer one is the run and the
 * other an older copy of it; or they differ after a common beginning, and then the run was copied
 * and both copies went on: a fork. Since every line holds the hash of the one before, the hash of a
 * reservation stands for all that led to it. So the run's charges are the reservations with
 * different hashes: the common beginning once, and what each branch added.
 *
 * @param runId of the run
 * @param header its promise
 * @param branches where the run went; one unless it was forked
 * @param copies ledgers that say nothing that another does not
 * @param commonSteps charged before the branches part; all steps if there is one branch, none that
 *     is known if the ledger of a branch is missing
 * @param charges of all branches together
 */
public record RunSpending(
    String runId,
    LedgerHeader header,
    List<Branch> branches,
    List<Path> copies,
    long commonSteps,
    List<PrivacyEvent> charges) {

  /**
   * One way a run went on.
   *
   * @param ledger its ledger; null if none was given and only an adapter shows that it exists
   * @param adapter the adapter that shows it; null if there is a ledger
   * @param furtherSteps charged behind the common beginning. Without a ledger all steps that the
   *     run promised: nobody knows where it parted, and it can have charged no more
   */
  public record Branch(Path ledger, Path adapter, long furtherSteps) {}

  /** Makes the lists immutable. */
  public RunSpending {
    branches = List.copyOf(branches);
    copies = List.copyOf(copies);
    charges = List.copyOf(charges);
  }

  /**
   * Puts the ledgers of one run together.
   *
   * @param ledgers at least one, all of the same run
   * @param unpaid adapters of this run that none of the ledgers closes; each is a branch
   */
  static RunSpending of(List<LedgerReader> ledgers, Collection<ReleasedAdapter> unpaid) {
    List<LedgerReader> longestFirst =
        ledgers.stream()
            .sorted(
                Comparator.comparingLong(LedgerReader::lines)
                    .thenComparing(LedgerReader::torn)
                    .reversed())
            .toList();
    List<LedgerReader> tips = new ArrayList<>();
    List<Path> copies = new ArrayList<>();
    for (LedgerReader ledger : longestFirst) {
      if (tips.stream().anyMatch(tip -> tip.hashes().contains(ledger.lastHash()))) {
        copies.add(ledger.file());
      } else {
        tips.add(ledger);
      }
    }
    Map<String, PrivacyEvent> charges = new LinkedHashMap<>();
    Set<String> common = new HashSet<>(tips.get(0).charges().keySet());
    for (LedgerReader tip : tips) {
      charges.putAll(tip.charges());
      common.retainAll(tip.charges().keySet());
    }
    if (!unpaid.isEmpty()) {
      common.clear();
    }
    LedgerHeader header = tips.get(0).contents().header();
    List<Branch> branches = new ArrayList<>();
    for (LedgerReader tip : tips) {
      branches.add(new Branch(tip.file(), null, tip.charges().size() - common.size()));
    }
    List<PrivacyEvent> all = new ArrayList<>(charges.values());
    for (ReleasedAdapter adapter : unpaid) {
      branches.add(new Branch(null, adapter.path(), header.steps()));
      for (LedgerHeader.Stage stage : header.stages()) {
        PrivacyEvent step = stage.step();
        for (long i = 0; i < stage.steps(); i++) {
          all.add(step);
        }
      }
    }
    return new RunSpending(
        tips.get(0).contents().runId(), header, branches, copies, common.size(), all);
  }

  /** Whether copies of the run went on apart. */
  public boolean forked() {
    return branches.size() > 1;
  }

  /**
   * What was promised, once for every branch: given the common beginning, each is a run that keeps
   * the promise.
   */
  public double promisedEpsilon() {
    return branches.size() * header.target().epsilon();
  }

  /** The δ that goes with {@link #promisedEpsilon}. */
  public double promisedDelta() {
    return branches.size() * header.target().delta();
  }
}
