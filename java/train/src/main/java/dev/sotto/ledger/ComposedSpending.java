package dev.sotto.ledger;

import dev.sotto.accounting.Accountant;
import dev.sotto.accounting.CutTails;
import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.base.InputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What several ledgers of the same data have cost together, and which adapters they paid for.
 *
 * <p>Two figures at the same δ, the sum of the promised ones. {@link #promisedEpsilon} holds
 * whatever later runs followed from, as long as the total was fixed beforehand. {@link
 * #epsilonIfFixed} composes what was charged, and holds only if neither the later runs' settings
 * nor their being run at all depended on earlier results.
 */
public final class ComposedSpending {
  private final List<RunSpending> runs;
  private final List<AdapterPayment> payments;
  private final Map<String, Path> released;

  /**
   * Whether somebody paid for an adapter.
   *
   * @param adapter the adapter
   * @param ledger whose closing line names its bytes; null if none does
   * @param reason why not, in words; null if it is paid for
   */
  public record AdapterPayment(ReleasedAdapter adapter, Path ledger, String reason) {
    /** Whether a given ledger paid for it. */
    public boolean paid() {
      return ledger != null;
    }
  }

  private ComposedSpending(
      List<RunSpending> runs, List<AdapterPayment> payments, Map<String, Path> released) {
    this.runs = List.copyOf(runs);
    this.payments = List.copyOf(payments);
    this.released = Map.copyOf(released);
  }

  /**
   * Reads and verifies ledgers and adapters.
   *
   * @param ledgers at least one
   * @param adapters PEFT adapter directories or weights' files; may be empty
   * @throws InputException if a file is missing or damaged, if no ε can be stated for a ledger, or
   *     if the ledgers protect different units
   */
  public static ComposedSpending read(List<Path> ledgers, List<Path> adapters) {
    Map<String, List<LedgerReader>> byRun = new LinkedHashMap<>();
    Map<String, Path> released = new LinkedHashMap<>();
    LedgerHeader first = null;
    for (Path file : ledgers) {
      LedgerReader reader = LedgerReader.verify(file);
      LedgerHeader header = reader.contents().header();
      if (!header.provesEpsilon()) {
        throw new InputException(file + ": " + LedgerContents.NO_EPSILON);
      }
      first = first == null ? header : first;
      if (!header.neighbours().unit().equals(first.neighbours().unit())
          || !header.neighbours().relation().equals(first.neighbours().relation())) {
        throw new InputException(
            file
                + ": protects "
                + header.neighbours().unit()
                + " under "
                + header.neighbours().relation()
                + ", but "
                + ledgers.get(0)
                + " protects "
                + first.neighbours().unit()
                + " under "
                + first.neighbours().relation()
                + "; what they cost cannot be added, account for them apart");
      }
      for (Map<String, String> files : reader.contents().releases()) {
        files.values().forEach(sha256 -> released.putIfAbsent(sha256, file));
      }
      byRun.computeIfAbsent(reader.contents().runId(), id -> new ArrayList<>()).add(reader);
    }
    List<AdapterPayment> payments = new ArrayList<>();
    Map<String, Map<String, ReleasedAdapter>> unpaid = new LinkedHashMap<>();
    for (Path path : adapters) {
      ReleasedAdapter adapter = ReleasedAdapter.read(path);
      AdapterPayment payment = payment(adapter, byRun);
      payments.add(payment);
      if (!payment.paid() && byRun.containsKey(adapter.runId())) {
        unpaid
            .computeIfAbsent(adapter.runId(), id -> new LinkedHashMap<>())
            .put(adapter.sha256(), adapter);
      }
    }
    List<RunSpending> runs = new ArrayList<>();
    byRun.forEach(
        (id, readers) ->
            runs.add(RunSpending.of(readers, unpaid.getOrDefault(id, Map.of()).values())));
    return new ComposedSpending(runs, payments, released);
  }

  private static AdapterPayment payment(
      ReleasedAdapter adapter, Map<String, List<LedgerReader>> byRun) {
    for (List<LedgerReader> run : byRun.values()) {
      for (LedgerReader ledger : run) {
        if (adapter.paidBy(ledger.contents())) {
          return new AdapterPayment(adapter, ledger.file(), null);
        }
      }
    }
    if (adapter.runId() == null) {
      return new AdapterPayment(
          adapter, null, "it names no run and no closing line names its bytes");
    }
    List<LedgerReader> run = byRun.get(adapter.runId());
    if (run == null) {
      return new AdapterPayment(
          adapter,
          null,
          "it was made by another run, " + adapter.runId() + ", whose cost is in no figure here");
    }
    boolean known =
        run.stream().anyMatch(ledger -> ledger.contents().nonces().contains(adapter.nonce()));
    return new AdapterPayment(
        adapter,
        null,
        known
            ? "a start in the ledger wrote an adapter of this name, but no closing line names these"
                + " bytes: they were changed, or the run went on elsewhere"
            : "a copy of this run went on elsewhere and made it; that copy's ledger is not here");
  }

  /** The runs, in the order in which their ledgers were given. */
  public List<RunSpending> runs() {
    return runs;
  }

  /** The adapters, in the order in which they were given. */
  public List<AdapterPayment> payments() {
    return payments;
  }

  /**
   * Which ledger paid for a file.
   *
   * @param sha256 of its bytes
   * @return the first ledger given whose closing line names it, or null
   */
  public Path ledgerOf(String sha256) {
    return released.get(sha256);
  }

  /** Whether there is more to add up than one ledger. */
  public boolean isComposition() {
    return runs.size() > 1 || runs.get(0).forked();
  }

  /** Whether noise came from a fixed test seed anywhere, in which case nothing is guaranteed. */
  public boolean seeded() {
    return runs.stream().anyMatch(run -> run.header().seeded());
  }

  /** Steps charged in all branches together. */
  public long chargedSteps() {
    return runs.stream().mapToLong(run -> run.charges().size()).sum();
  }

  /** Sum of the promises. */
  public double promisedEpsilon() {
    return runs.stream().mapToDouble(RunSpending::promisedEpsilon).sum();
  }

  /** Sum of the promised δ: that of both figures. */
  public double delta() {
    return runs.stream().mapToDouble(RunSpending::promisedDelta).sum();
  }

  /**
   * What was charged, composed. A run whose noise followed its own releases enters with its
   * promise, since its charges are no ε; the others are composed at the δ that they promised.
   *
   * @param accountant {@code pld} or {@code rdp}
   * @return upper end; holds at {@link #delta} if no run depended on another's results
   */
  public double epsilonIfFixed(Accountant accountant) {
    double promised = 0;
    double delta = 0;
    double cut = 0;
    List<PrivacyEvent> fixed = new ArrayList<>();
    for (RunSpending run : runs) {
      if (run.header().filterOrder().isPresent()) {
        promised += run.promisedEpsilon();
      } else {
        fixed.addAll(run.charges());
        delta += run.promisedDelta();
        cut += run.header().cutTails(run.charges().size()).variation();
      }
    }
    CutTails tails = new CutTails(cut);
    double fixedDelta = Math.min(delta, Math.nextDown(1.0));
    return promised
        + LedgerContents.composed(fixed)
            .map(event -> tails.epsilon(accountant, event, fixedDelta).upper())
            .orElse(0.0);
  }
}
