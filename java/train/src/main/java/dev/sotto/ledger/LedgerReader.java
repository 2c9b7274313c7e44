package dev.sotto.ledger;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.accounting.PrivacyFilter;
import dev.sotto.accounting.RdpAccountant;
import dev.sotto.base.FileFailure;
import dev.sotto.base.InputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads and verifies a ledger.
 *
 * <p><b>Detected:</b> any changed, missing, repeated or reordered line, by the hash chain; lines
 * cut off at the end, by the head beside it. <b>Not detected:</b> someone who rewrites both files
 * consistently; a ledger is evidence against accidents and careless edits, not a signature.
 *
 * <p>A last line without line end is a write that a crash cut short. It is charged as the
 * reservation it may have been, unless it cannot have been one: after a reservation comes that
 * step's commit, after the last planned step nothing is reserved, and a filter admits nothing
 * beyond its budget.
 */
public final class LedgerReader {
  private final Path file;
  private final Map<Long, PrivacyEvent> events = new HashMap<>();
  private final List<PrivacyEvent> charges = new ArrayList<>();
  private final List<Integer> chargeLines = new ArrayList<>();
  private final ChainedLines chain =
      new ChainedLines(LedgerLine.JSON, this::interpret, this::corrupt);
  private PrivacyEvent lastDeclared;
  private final List<String> nonces = new ArrayList<>();
  private final List<Map<String, String>> releases = new ArrayList<>();
  private LedgerHeader header;
  private String runId;
  private long committed;
  private boolean torn;
  private String lastKind = "";

  private LedgerReader(Path file) {
    this.file = file;
  }

  /**
   * Reads a whole ledger.
   *
   * @throws InputException if it is missing
   * @throws LedgerCorruptException if it was changed
   */
  public static LedgerContents read(Path file) {
    return verify(file).contents();
  }

  /**
   * Reads a whole ledger that must have come as far as a head that was kept elsewhere.
   *
   * @throws InputException if it is missing, or is a copy that is older or went another way
   * @throws LedgerCorruptException if it was changed
   */
  public static LedgerContents readBeyond(Path file, ChainHead reached) {
    LedgerReader reader = verify(file);
    if (!reached.reachedBy(reader.chain.hashes())) {
      throw oldCopy(file);
    }
    return reader.contents();
  }

  /** What is said of a ledger when the run is known to have gone on without it. */
  public static InputException oldCopy(Path file) {
    return new InputException(
        file
            + ": is an older copy: the run went on after it, here or elsewhere; go on with the"
            + " directory that came farthest, or start a new run");
  }

  static LedgerReader verify(Path file) {
    LedgerReader reader = new LedgerReader(file);
    reader.readAll();
    return reader;
  }

  /**
   * Whether a crash left nothing but, at most, a piece of the first line.
   *
   * @param file exists
   */
  public static boolean neverBegun(Path file) {
    Path head = head(file);
    try {
      for (byte b : Files.readAllBytes(file)) {
        if (b == '\n') {
          return false;
        }
      }
      return !Files.exists(head)
          || Files.size(head) == 0
          || Arrays.equals(
              Files.readAllBytes(head), new ChainHead(0, LedgerLine.NOTHING_BEFORE).bytes());
    } catch (IOException e) {
      return false;
    }
  }

  private void readAll() {
    // First the head: a run that writes meanwhile puts it behind its lines.
    String head = readHead();
    byte[] bytes;
    try {
      requireLedger(ChainedLines.beginning(file), head != null);
      bytes = Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new InputException(file + ": there is no such ledger", e);
    } catch (IOException e) {
      throw FileFailure.cannotBeRead(file, e);
    }
    chain.read(bytes);
    torn = chain.completeBytes() < bytes.length;
    if (header == null) {
      throw new LedgerCorruptException(file, 1, "there is no header");
    }
    checkHead(head);
    torn = torn && !lastKind.equals("reserve");
    if (torn) {
      chargeTornLine();
    }
  }

  /** Something else that was named by mistake was not changed; it never was a ledger. */
  private void requireLedger(String beginning, boolean hasHead) {
    String what =
        ChainedLines.begins(beginning, "book")
            ? "is a budget book, which 'sotto budget show' shows, and no ledger"
            : hasHead || ChainedLines.mayHold(beginning) ? null : "is no ledger";
    if (what != null) {
      throw new InputException(
          file
              + ": "
              + what
              + "; name the ledger.jsonl that 'sotto finetune' left beside an adapter, or the file"
              + " that 'sotto evaluate --ledger' wrote");
    }
  }

  private void interpret(JsonNode node) throws JsonProcessingException {
    String kind = node.path("kind").asText();
    if ((header == null) != kind.equals("header")) {
      throw corrupt(header == null ? "there is no header" : "a second header");
    }
    switch (kind) {
      case "header" -> {
        if (node.path("version").asInt() != LedgerLine.VERSION) {
          throw corrupt(
              "version " + node.path("version") + " is not known; known is " + LedgerLine.VERSION);
        }
        runId = LedgerLine.id(node, "run");
        nonces.add(LedgerLine.id(node, "nonce"));
        header = HeaderJson.read(node.path("promise"));
      }
      case "event" -> {
        lastDeclared = EventJson.read(node.path("event"));
        events.put(node.path("id").asLong(), lastDeclared);
      }
      case "reserve" -> {
        requireStep(node, charges.size() + 1L);
        PrivacyEvent event = events.get(node.path("event").asLong(-1));
        if (event == null) {
          throw corrupt("event " + node.path("event") + " was never declared");
        }
        charges.add(event);
        chargeLines.add(chain.number());
      }
      case "commit" -> {
        requireStep(node, charges.size());
        committed++;
      }
      case "resume" -> nonces.add(LedgerLine.id(node, "nonce"));
      case "closing" -> releases.add(release(node.path("release")));
      default -> throw corrupt("unknown kind '" + kind + "'");
    }
    lastKind = kind;
  }

  private static Map<String, String> release(JsonNode node) {
    Map<String, String> files = new LinkedHashMap<>();
    node.fieldNames().forEachRemaining(name -> files.put(name, LedgerLine.sha256(node, name)));
    if (!files.containsKey(LedgerContents.ADAPTER)) {
      throw new IllegalArgumentException("names no adapter");
    }
    return files;
  }

  private void requireStep(JsonNode node, long expected) {
    if (node.path("step").asLong(-1) != expected) {
      throw corrupt("step " + node.path("step") + " stands where " + expected + " belongs");
    }
  }

  /** Null if it cannot be read. */
  private String readHead() {
    try {
      return new String(Files.readAllBytes(head(file)), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return null;
    }
  }

  /** The head may lag behind by the lines of one crash, never run ahead. */
  private void checkHead(String text) {
    String name = head(file).getFileName().toString();
    if (text == null) {
      throw new LedgerCorruptException(
          file, lines(), name + " beside it is missing, so cut-off lines would go unseen");
    }
    ChainHead head;
    try {
      head = ChainHead.parse(text);
    } catch (IllegalArgumentException e) {
      throw new LedgerCorruptException(file, lines(), name + " is damaged");
    }
    if (head.lines() > lines()) {
      throw new LedgerCorruptException(
          file, lines(), "the ledger ends here, but " + head.lines() + " lines were written");
    }
    if (!head.reachedBy(chain.hashes())) {
      throw new LedgerCorruptException(
          file, Math.max(1, head.lines()), "this line is not the one that was written");
    }
  }

  private void chargeTornLine() {
    PrivacyEvent charge =
        charges.size() >= header.steps()
            ? null
            : header.filterOrder().isPresent() ? dearestAdmitted() : lastKnown();
    torn = charge != null;
    if (torn) {
      charges.add(charge);
    }
  }

  /**
   * Where every step is planned: that of its stage, or of a single stage the event just declared or
   * else the last one charged.
   */
  private PrivacyEvent lastKnown() {
    if (header.sampling().first() != null) {
      return header.stageOf(charges.size() + 1L).step();
    }
    if (lastKind.equals("event")) {
      return lastDeclared;
    }
    return charges.isEmpty() ? events.get(0L) : charges.get(charges.size() - 1);
  }

  /**
   * Where a filter decided: the dearest declared event that it would have admitted. Null if it
   * would have admitted none, for then the line was no reservation.
   */
  private PrivacyEvent dearestAdmitted() {
    double order = header.filterOrder().getAsDouble();
    PrivacyFilter filter =
        new PrivacyFilter(header.target().epsilon(), header.accountedDelta(), order);
    charges.forEach(filter::tryReserve);
    RdpAccountant cost = new RdpAccountant();
    return events.values().stream()
        .sorted(
            Comparator.comparingDouble((PrivacyEvent event) -> cost.rdp(event, order)).reversed())
        .filter(filter::tryReserve)
        .findFirst()
        .orElse(null);
  }

  private LedgerCorruptException corrupt(String reason) {
    return new LedgerCorruptException(file, chain.number(), reason);
  }

  LedgerContents contents() {
    return new LedgerContents(header, runId, nonces, charges, committed, releases);
  }

  Path file() {
    return file;
  }

  /** The hash of every line, behind {@link LedgerLine#NOTHING_BEFORE}. */
  Set<String> hashes() {
    return new HashSet<>(chain.hashes());
  }

  /**
   * Every charge under the hash of its line, which stands for all lines up to it; that of a torn
   * line under the hash of the line before, marked.
   */
  Map<String, PrivacyEvent> charges() {
    Map<String, PrivacyEvent> byHash = new LinkedHashMap<>();
    for (int i = 0; i < charges.size(); i++) {
      byHash.put(
          i < chargeLines.size() ? chain.hashes().get(chargeLines.get(i)) : lastHash() + " torn",
          charges.get(i));
    }
    return byHash;
  }

  /** Whether the last charge is that of a torn line. */
  boolean torn() {
    return torn;
  }

  long completeBytes() {
    return chain.completeBytes();
  }

  long lines() {
    return chain.number() - 1;
  }

  String lastHash() {
    return chain.lastHash();
  }

  Map<Long, PrivacyEvent> events() {
    return events;
  }

  /** {@code NAME.head} beside {@code NAME.jsonl}: a folder may hold several ledgers. */
  static Path head(Path ledger) {
    String name = ledger.getFileName().toString();
    return ledger.resolveSibling(name.replaceFirst("\\.jsonl$", "") + ".head");
  }
}
