package dev.sotto.ledger;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.data.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;

/**
 * The durable, append-only record of what a run spent.
 *
 * <pre>{@code
 * ledger.reserve(step, event);   // on disk when this returns
 * ... draw the noise, release ...
 * ledger.commit(step);
 * }</pre>
 *
 * <p><b>Guarantee.</b> Every release is charged: a reservation is forced to disk before its noise
 * is drawn, so a crash at any moment leaves it charged or never drawn. A run cannot charge more
 * steps, a higher sampling probability, less noise or noise of another law than the header
 * promised. One process at a time holds the file lock.
 */
public final class Ledger implements AutoCloseable {
  private final Path file;
  private final LedgerHeader header;
  private final FileChannel lock;
  private final FileChannel channel;
  private final FileChannel headChannel;
  private final Map<PrivacyEvent, Long> declared = new HashMap<>();
  private long lines;
  private String lastHash = LedgerLine.NOTHING_BEFORE;
  private long charged;
  private long openStep;

  private Ledger(
      Path file,
      LedgerHeader header,
      FileChannel lock,
      FileChannel channel,
      FileChannel headChannel) {
    this.file = file;
    this.header = header;
    this.lock = lock;
    this.channel = channel;
    this.headChannel = headChannel;
  }

  /**
   * Begins a ledger.
   *
   * @param file must not exist
   * @throws InputException if it does, or cannot be written
   */
  public static Ledger create(Path file, LedgerHeader header) {
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new InputException(
          file + ": a ledger is there already; go on with --resume, or choose another output");
    }
    FileChannel lock = lock(file);
    Ledger ledger = open(file, header, lock, StandardOpenOption.CREATE_NEW);
    try {
      ledger.begin();
      return ledger;
    } catch (RuntimeException e) {
      closeQuietly(ledger);
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
   * @throws InputException if it promises something else, or another process holds it
   */
  public static Ledger resume(Path file, LedgerHeader expected) {
    if (!Files.exists(file)) {
      throw new InputException(file + ": there is no such ledger to go on with");
    }
    FileChannel lock = lock(file);
    Ledger ledger = null;
    try {
      if (LedgerReader.neverBegun(file)) {
        ledger = open(file, expected, lock, StandardOpenOption.TRUNCATE_EXISTING);
        ledger.begin();
      } else {
        LedgerReader reader = LedgerReader.verify(file);
        LedgerContents contents = reader.contents();
        HeaderComparison.require(file, contents.header(), expected);
        ledger = open(file, expected, lock, StandardOpenOption.WRITE);
        ledger.takeOver(reader, contents);
      }
      return ledger;
    } catch (RuntimeException e) {
      closeQuietly(ledger == null ? lock : ledger);
      throw e;
    }
  }

  /**
   * The lock is on a file of its own that nobody reads: on POSIX systems a process gives up its
   * lock on a file as soon as it closes any channel to that file, and ledgers are read.
   */
  private static FileChannel lock(Path file) {
    FileChannel lock = null;
    try {
      lock =
          FileChannel.open(
              file.resolveSibling("." + file.getFileName() + ".lock"),
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE);
      if (lock.tryLock() == null) {
        closeQuietly(lock);
        throw inUse(file, null);
      }
      return lock;
    } catch (OverlappingFileLockException e) {
      closeQuietly(lock);
      throw inUse(file, e);
    } catch (IOException e) {
      closeQuietly(lock);
      throw cannotOpen(file, e);
    }
  }

  private static Ledger open(
      Path file, LedgerHeader header, FileChannel lock, StandardOpenOption mode) {
    FileChannel head = null;
    try {
      head =
          FileChannel.open(
              LedgerReader.head(file), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileChannel channel = FileChannel.open(file, mode, StandardOpenOption.WRITE);
      return new Ledger(file, header, lock, channel, head);
    } catch (IOException e) {
      closeQuietly(head);
      closeQuietly(lock);
      throw cannotOpen(file, e);
    }
  }

  private static InputException cannotOpen(Path file, IOException e) {
    return new InputException(file + ": the ledger cannot be opened: " + e, e);
  }

  private static InputException inUse(Path file, Throwable cause) {
    return new InputException(
        file + ": another process is writing this ledger; wait for it, or choose another output",
        cause);
  }

  private static void closeQuietly(AutoCloseable resource) {
    try {
      if (resource != null) {
        resource.close();
      }
    } catch (Exception e) {
      // The error that led here is the one to report.
    }
  }

  /** The head comes first, so that a ledger with any line in it has one. */
  private void begin() {
    try {
      writeHead();
    } catch (IOException e) {
      throw cannotWrite(e);
    }
    ObjectNode line = LedgerLine.start(1, "header", LedgerLine.NOTHING_BEFORE);
    line.put("version", LedgerLine.VERSION);
    if (!header.provesEpsilon()) {
      line.put("note", LedgerHeader.NO_GUARANTEE);
    }
    line.set("promise", LedgerLine.JSON.valueToTree(header));
    append(line, true);
  }

  private void takeOver(LedgerReader reader, LedgerContents contents) {
    lines = reader.lines();
    lastHash = reader.lastHash();
    charged = contents.chargedSteps();
    reader.events().forEach((id, event) -> declared.put(event, id));
    try {
      channel.truncate(reader.completeBytes());
      channel.position(reader.completeBytes());
    } catch (IOException e) {
      throw cannotWrite(e);
    }
    if (reader.torn()) {
      // What the torn line was cannot be known; it is written again as the reservation it may have
      // been.
      charged--;
      charge(contents.charges().get(contents.charges().size() - 1));
    }
    append(LedgerLine.start(lines + 1, "resume", lastHash), true);
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
    requireWithinPromise(event);
    charge(event);
    openStep = step;
  }

  private void charge(PrivacyEvent event) {
    Long id = declared.get(event);
    if (id == null) {
      id = (long) declared.size();
      ObjectNode line = LedgerLine.start(lines + 1, "event", lastHash);
      line.put("id", id);
      line.set("event", EventJson.write(event));
      append(line, false);
      declared.put(event, id);
    }
    ObjectNode line = LedgerLine.start(lines + 1, "reserve", lastHash);
    line.put("step", charged + 1);
    line.put("event", id);
    append(line, true);
    charged++;
  }

  private void requireWithinPromise(PrivacyEvent event) {
    if (!header.covers(event)) {
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
    ObjectNode line = LedgerLine.start(lines + 1, "commit", lastHash);
    line.put("step", step);
    append(line, false);
    openStep = 0;
  }

  /** Steps charged so far, committed or not. */
  public long chargedSteps() {
    return charged;
  }

  private void append(ObjectNode line, boolean durable) {
    byte[] bytes = LedgerLine.bytes(line);
    ByteBuffer text = ByteBuffer.allocate(bytes.length + 1).put(bytes).put((byte) '\n').flip();
    try {
      while (text.hasRemaining()) {
        channel.write(text);
      }
      lines++;
      lastHash = LedgerLine.hash(bytes);
      if (durable) {
        channel.force(true);
        // Only what is surely on disk is counted, so that after a power failure the head does not
        // run ahead.
        writeHead();
      }
    } catch (IOException e) {
      // A line may now be torn; nothing may be written after it until a resume has cut it off.
      closeQuietly(channel);
      throw cannotWrite(e);
    }
  }

  private void writeHead() throws IOException {
    headChannel.write(ByteBuffer.wrap(LedgerLine.head(lines, lastHash)), 0);
  }

  private InputException cannotWrite(IOException e) {
    return new InputException(
        file
            + ": the ledger cannot be written: "
            + e.getMessage()
            + "; nothing more is released, free the disk and go on with --resume",
        e);
  }

  @Override
  public void close() {
    try (lock;
        channel;
        headChannel) {
      if (channel.isOpen()) {
        channel.force(true);
        writeHead();
      }
    } catch (IOException e) {
      throw new InputException(file + ": the ledger cannot be closed: " + e.getMessage(), e);
    }
  }
}
