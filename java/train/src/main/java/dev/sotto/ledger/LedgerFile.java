package dev.sotto.ledger;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.base.DurableDirectory;
import dev.sotto.base.FileFailure;
import dev.sotto.base.InputException;
import dev.sotto.base.LockFile;
import dev.sotto.base.Quietly;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Consumer;

/**
 * A ledger's lines on disk: {@code NAME.jsonl}, {@code NAME.head} beside it, and a lock file. Only
 * appends; chains every line to the one before.
 */
final class LedgerFile implements AutoCloseable {
  private final Path file;
  private final FileChannel lock;
  private FileChannel channel;
  private FileChannel headChannel;
  private Consumer<ChainHead> keeper = head -> {};
  private long lines;
  private String lastHash = LedgerLine.NOTHING_BEFORE;

  private LedgerFile(Path file, FileChannel lock) {
    this.file = file;
    this.lock = lock;
  }

  /**
   * Locks a ledger, so that no other process writes it. Reads and writes nothing yet.
   *
   * <p>The lock is on a file of its own that nobody reads: on POSIX systems a process gives up its
   * lock on a file as soon as it closes any channel to that file, and ledgers are read.
   *
   * @throws InputException if another process holds it
   */
  static LedgerFile lock(Path file) {
    try {
      return new LedgerFile(
          file,
          LockFile.tryLock(file.resolveSibling("." + file.getFileName() + ".lock"))
              .orElseThrow(
                  () ->
                      new InputException(
                          file
                              + ": another process is writing this ledger; wait for it, or choose"
                              + " another output")));
    } catch (IOException e) {
      throw cannotOpen(file, e);
    }
  }

  /**
   * Opens the files for writing. The names of both are on disk when this returns. The head comes
   * first, so that a ledger with any line in it has one.
   *
   * @param mode how to treat what is there: make anew, cut to nothing, or keep
   */
  void open(StandardOpenOption mode) {
    try {
      headChannel =
          FileChannel.open(
              LedgerReader.head(file), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      channel = FileChannel.open(file, mode, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw cannotOpen(file, e);
    }
    DurableDirectory.force(file.toAbsolutePath().getParent());
  }

  /** Writes the head of a ledger without lines. */
  void begin() {
    try {
      writeHead();
    } catch (IOException e) {
      throw cannotWrite(e);
    }
  }

  /** Goes on after the whole lines that were read; a torn line behind them is cut off. */
  void takeOver(LedgerReader reader) {
    lines = reader.lines();
    lastHash = reader.lastHash();
    try {
      channel.truncate(reader.completeBytes());
      channel.position(reader.completeBytes());
    } catch (IOException e) {
      throw cannotWrite(e);
    }
  }

  /** A line that may be appended next, but for its fields. */
  ObjectNode next(String kind) {
    return LedgerLine.start(lines + 1, kind, lastHash);
  }

  /**
   * Adds a line.
   *
   * @param durable whether it must be on disk when this returns
   * @throws InputException if it cannot be written
   */
  void append(ObjectNode line, boolean durable) {
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
      Quietly.close(channel);
      throw cannotWrite(e);
    }
    if (durable) {
      keeper.accept(head());
    }
  }

  /** Who keeps the head elsewhere: told it now, and from now on after every durable line. */
  void keepHead(Consumer<ChainHead> elsewhere) {
    keeper = elsewhere;
    keeper.accept(head());
  }

  private ChainHead head() {
    return new ChainHead(lines, lastHash);
  }

  private void writeHead() throws IOException {
    headChannel.write(ByteBuffer.wrap(head().bytes()), 0);
  }

  private InputException cannotWrite(IOException e) {
    return new InputException(
        file
            + ": the ledger cannot be written: "
            + FileFailure.why(e)
            + "; nothing more is released, mend that and go on with --resume",
        e);
  }

  private static InputException cannotOpen(Path file, IOException e) {
    return FileFailure.cannotBeWritten(file, e);
  }

  @Override
  public void close() {
    FileChannel text = channel;
    FileChannel head = headChannel;
    try (lock;
        text;
        head) {
      if (text != null && text.isOpen()) {
        text.force(true);
        writeHead();
      }
    } catch (IOException e) {
      throw new InputException(file + ": the ledger cannot be closed: " + FileFailure.why(e), e);
    }
  }
}
