package dev.sotto.ledger;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.base.InputException;
import dev.sotto.base.Quietly;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The durable, append-only record of what a run spent.
 *
 * <pre>{@code
 * ledger.reserve(step, event);   // on disk when this returns
 * ... draw the noise, release ...
 * ledger.commit(step);
 * ...
 * ledger.seal(release);          // names what was released
 * }</pre>
 *
 * <p><b>Guarantee.</b> Every release is charged: a reservation is forced to disk before its noise
 * is drawn, so a crash at any moment leaves it charged or never drawn. A run cannot charge more
 * steps, a higher sampling probability, less noise or noise of another law than the header
 * promised. One process at a time holds the file lock.
 *
 * <p><b>Identity.</b> A ledger belongs to one run, {@link #runId}, and every start and resume of it
 * draws a fresh {@link #nonces nonce}; both are random numbers from the operating system that have
 * nothing to do with the noise. So copies of a run that were both gone on with have ledgers that
 * differ, and the two can be told apart from one run resumed twice.
 */
public final class Ledger implements AutoCloseable {
  private final LedgerHeader header;
  private final LedgerFile lines;
  private final Map<PrivacyEvent, Long> declared = new HashMap<>();
  private final List<String> nonces = new ArrayList<>();
  private String runId;
  private long charged;
  private long openStep;
  private boolean sealed;

  private Ledger(LedgerHeader header, LedgerFile lines) {
    this.header = header;
    this.lines = lines;
  }

  /**
   * Begins a ledger, of a new run.
   *
   * @param file must not exist
   * @throws InputException if it does, or cannot be written
   */
  public static Ledger create(Path file, LedgerHeader header) {
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new InputException(
          file + ": a ledger is there already; go on with --resume, or choose another output");
    }
    Ledger ledger = new Ledger(header, LedgerFile.lock(file));
    try {
      ledger.begin(StandardOpenOption.CREATE_NEW);
      return ledger;
    } catch (RuntimeException e) {
      Quietly.close(ledger);
      throw e;
    }
  }

  /**
   * Goes on with a ledger after verifying it. A step that was reserved but not committed stays
   * charged. A ledger whose first line a crash cut short is begun again: nothing can have been
   * charged to it.
   *
   * @param expected the promise of the run that goes on
   * @throws LedgerCorruptException if it was changed
   * @throws InputException if it promises something else or rests on other inputs, or another
   *     process holds it
   */
  public static Ledger resume(Path file, LedgerHeader expected) {
    if (!Files.exists(file)) {
      throw new InputException(file + ": there is no such ledger to go on with");
    }
    Ledger ledger = new Ledger(expected, LedgerFile.lock(file));
    try {
      if (LedgerReader.neverBegun(file)) {
        ledger.begin(StandardOpenOption.TRUNCATE_EXISTING);
      } else {
        LedgerReader reader = LedgerReader.verify(file);
        HeaderComparison.require(file, reader.contents().header(), expected);
        ledger.goOn(reader);
      }
      return ledger;
    } catch (RuntimeException e) {
      Quietly.close(ledger);
      throw e;
    }
  }

  private void begin(StandardOpenOption mode) {
    lines.open(mode);
    lines.begin();
    runId = LedgerLine.randomId();
    ObjectNode line = lines.next("header");
    line.put("version", LedgerLine.VERSION);
    line.put("run", runId);
    line.put("nonce", freshNonce());
    if (!header.provesEpsilon()) {
      line.put("note", LedgerHeader.NO_GUARANTEE);
    }
    line.set("promise", HeaderJson.write(header));
    lines.append(line, true);
  }

  private void goOn(LedgerReader reader) {
    LedgerContents contents = reader.contents();
    runId = contents.runId();
    nonces.addAll(contents.nonces());
    charged = contents.chargedSteps();
    reader.events().forEach((id, event) -> declared.put(event, id));
    lines.open(StandardOpenOption.WRITE);
    lines.takeOver(reader);
    if (reader.torn()) {
      // What the torn line was cannot be known; it is written again as the reservation it may have
      // been.
      charged--;
      charge(contents.charges().get(contents.charges().size() - 1));
    }
    ObjectNode line = lines.next("resume");
    line.put("nonce", freshNonce());
    lines.append(line, true);
  }

  private String freshNonce() {
    nonces.add(LedgerLine.randomId());
    return nonces.get(nonces.size() - 1);
  }

  /** Which run this is: 32 hexadecimal digits, the same through all its resumes. */
  public String runId() {
    return runId;
  }

  /**
   * The nonces of the start and of every resume in order, 32 hexadecimal digits each. The last is
   * this process's own, and is on disk. The one before it says where this process took over: two
   * resumes that follow the same nonce go on from copies of one run.
   */
  public List<String> nonces() {
    return List.copyOf(nonces);
  }

  /**
   * Has the ledger's head kept elsewhere too, so that an older copy of the ledger is known as such.
   *
   * @param elsewhere told the head now, and after every reservation before {@link #reserve}
   *     returns; it may throw, and nothing may be released then
   */
  public void keepHead(Consumer<ChainHead> elsewhere) {
    lines.keepHead(elsewhere);
  }

  /**
   * Charges step {@code step}, which must be the next. On disk when this returns; only then may
   * noise be drawn.
   *
   * @throws IllegalStateException if the promise would be broken or steps are out of order
   * @throws InputException if the disk is full or the file cannot be written; nothing may be drawn
   *     then
   */
  public void reserve(long step, PrivacyEvent event) {
    if (step != charged + 1) {
      throw new IllegalStateException(
          "step " + step + " cannot be reserved: the ledger has charged " + charged + " steps");
    }
    if (charged >= header.steps()) {
      throw new IllegalStateException(
          "the ledger has charged all " + header.steps() + " steps it promised");
    }
    if (sealed) {
      throw new IllegalStateException("the ledger is sealed; nothing more can be charged to it");
    }
    requireWithinPromise(step, event);
    charge(event);
    openStep = step;
  }

  private void charge(PrivacyEvent event) {
    Long id = declared.get(event);
    if (id == null) {
      id = (long) declared.size();
      ObjectNode line = lines.next("event");
      line.put("id", id);
      line.set("event", EventJson.write(event));
      lines.append(line, false);
      declared.put(event, id);
    }
    ObjectNode line = lines.next("reserve");
    line.put("step", charged + 1);
    line.put("event", id);
    lines.append(line, true);
    charged++;
  }

  private void requireWithinPromise(long step, PrivacyEvent event) {
    if (!header.covers(step, event)) {
      throw new IllegalStateException(
          "an event with more sampling, less noise or another law than the ledger's header promises was"
              + " refused");
    }
  }

  /**
   * Notes that step {@code step} was released.
   *
   * @throws IllegalStateException if it is not the step last reserved
   */
  public void commit(long step) {
    if (step != openStep) {
      throw new IllegalStateException(
          "step " + step + " was not reserved, or was committed before");
    }
    ObjectNode line = lines.next("commit");
    line.put("step", step);
    lines.append(line, false);
    openStep = 0;
  }

  /**
   * Writes the closing line: which files the charged steps paid for. Its hash of the line before
   * says which state of the ledger they belong to. On disk when this returns; nothing can be
   * charged after it, unless the run is resumed.
   *
   * @param release SHA-256 in hexadecimal digits by file name; {@link LedgerContents#ADAPTER} first
   * @throws IllegalArgumentException if it does not hold the adapter's weights
   */
  public void seal(Map<String, String> release) {
    if (!release.containsKey(LedgerContents.ADAPTER)) {
      throw new IllegalArgumentException("a release without " + LedgerContents.ADAPTER);
    }
    ObjectNode line = lines.next("closing");
    ObjectNode files = line.putObject("release");
    release.forEach(files::put);
    lines.append(line, true);
    sealed = true;
  }

  /** Steps charged so far, committed or not. */
  public long chargedSteps() {
    return charged;
  }

  @Override
  public void close() {
    lines.close();
  }
}
