package dev.sotto.ledger;

import dev.sotto.accounting.Accountant;
import dev.sotto.accounting.ComposedEvent;
import dev.sotto.accounting.CutTails;
import dev.sotto.accounting.EpsilonBound;
import dev.sotto.accounting.MembershipRisk;
import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.accounting.RepeatedEvent;
import dev.sotto.checkpoint.AdapterFiles;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a verified ledger says.
 *
 * @param header what was promised
 * @param runId which run it is of
 * @param nonces of the start and of every resume, in order
 * @param charges every reserved step in order; a step that was reserved but not committed was
 *     interrupted and counts in full
 * @param committed how many of them were released
 * @param releases what the closing lines name, in order: SHA-256 in hexadecimal digits by file
 *     name; empty for a run that was not finished, and more than one if a finished run was resumed
 */
public record LedgerContents(
    LedgerHeader header,
    String runId,
    List<String> nonces,
    List<PrivacyEvent> charges,
    long committed,
    List<Map<String, String>> releases) {
  /** The file of every release that holds the trained weights. */
  public static final String ADAPTER = AdapterFiles.WEIGHTS_FILE_NAME;

  /** Why no ε is derived from a ledger whose noise was chosen by {@link LedgerHeader#PAPER}. */
  public static final String NO_EPSILON =
      "no epsilon is stated: the noise was chosen by the 'paper' account, which bounds a single"
          + " number and is "
          + LedgerHeader.NO_GUARANTEE
          + " for a vector; the events that were charged can be read in the file";

  /** Makes the lists immutable. */
  public LedgerContents {
    nonces = List.copyOf(nonces);
    charges = List.copyOf(charges);
    releases = List.copyOf(releases);
  }

  /** How often another process took over. */
  public long resumes() {
    return nonces.size() - 1L;
  }

  /** Steps charged, committed or not. */
  public long chargedSteps() {
    return charges.size();
  }

  /** Everything charged, as one event; empty if nothing was. */
  public Optional<PrivacyEvent> event() {
    return composed(charges);
  }

  /** Charges as one event, equal ones counted together; empty if there are none. */
  static Optional<PrivacyEvent> composed(List<PrivacyEvent> charges) {
    Map<PrivacyEvent, Long> counts = new LinkedHashMap<>();
    charges.forEach(event -> counts.merge(event, 1L, Long::sum));
    List<PrivacyEvent> parts = new ArrayList<>();
    counts.forEach((event, count) -> parts.add(new RepeatedEvent(event, count)));
    if (parts.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(parts.size() == 1 ? parts.get(0) : new ComposedEvent(parts));
  }

  /**
   * ε of everything charged, at the header's δ; (0, 0) if nothing was. Of a run whose noise
   * followed its own releases it is the budget that its filter kept, whatever was charged: the
   * charges themselves were chosen from releases, so what they add up to is no ε.
   *
   * @param accountant one of the header's {@link LedgerHeader#accountants}
   * @throws UnsupportedOperationException if it is none of them
   */
  public EpsilonBound epsilon(Accountant accountant) {
    if (!header.provesEpsilon()) {
      throw new UnsupportedOperationException(NO_EPSILON);
    }
    if (header.accountants().stream().noneMatch(sound -> sound.name().equals(accountant.name()))) {
      throw new UnsupportedOperationException(
          "the noise of this run was chosen from its own releases, so "
              + accountant.name()
              + " does not hold for it; ask the filter's account");
    }
    if (header.filterOrder().isPresent()) {
      return new EpsilonBound(0, charges.isEmpty() ? 0 : header.target().epsilon());
    }
    return event()
        .map(event -> cutTails().epsilon(accountant, event, header.target().delta()))
        .orElseGet(() -> new EpsilonBound(0, 0));
  }

  /**
   * What everything charged means to a person: by the tightest account, or from the budget alone
   * where the noise followed its own releases.
   *
   * @param candidates how many an observer may pick from
   * @throws UnsupportedOperationException if no ε is stated
   */
  public MembershipRisk risk(long candidates) {
    if (event().isEmpty()) {
      return MembershipRisk.ofGuarantee(0, 0, candidates);
    }
    if (!header.provesEpsilon()) {
      throw new UnsupportedOperationException(NO_EPSILON);
    }
    if (header.filterOrder().isPresent()) {
      double epsilon = epsilon(header.accountants().get(0)).upper();
      return MembershipRisk.ofGuarantee(epsilon, header.target().delta(), candidates);
    }
    return MembershipRisk.of(header.accountants().get(0), event().get(), cutTails(), candidates);
  }

  private CutTails cutTails() {
    return header.cutTails(chargedSteps());
  }
}
