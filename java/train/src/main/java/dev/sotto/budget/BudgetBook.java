package dev.sotto.budget;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.base.AtomicFile;
import dev.sotto.base.DurableDirectory;
import dev.sotto.base.FileFailure;
import dev.sotto.base.InputException;
import dev.sotto.base.Quietly;
import dev.sotto.ledger.ChainHead;
import dev.sotto.ledger.LedgerHeader;
import dev.sotto.ledger.LedgerLine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A total (ε, δ) for one data set and privacy unit, and the runs that were charged to it: a privacy
 * filter over whole runs that lies on disk.
 *
 * <p><b>Guarantee.</b> What is appended is on disk before the call returns, so a run that was
 * admitted is counted however the process ends. One process at a time has the book open; others
 * wait. A book holds nothing computed from private records, and no times, which follow them.
 *
 * <p><b>Detected:</b> any changed, missing, repeated or reordered line, by the hash chain; lines
 * cut off at the end, by the head in {@code FILE.heads}. <b>Not detected:</b> someone who rewrites
 * both consistently, puts both back as they were, or has runs that never name a book.
 *
 * <p>Made, read and opened here; {@link BookedRun} says how runs are charged.
 */
public final class BudgetBook implements AutoCloseable {
  /** Locks of the file system do not keep threads of one process apart. */
  private static final ReentrantLock IN_PROCESS = new ReentrantLock();

  private final Path file;
  private final FileChannel lock;
  private BookReader reader;

  private BudgetBook(Path file, FileChannel lock) {
    this.file = file;
    this.lock = lock;
  }

  /**
   * Makes a book without runs.
   *
   * @param file must not exist
   * @throws InputException if it does, or cannot be written
   */
  public static void create(Path file, BudgetTerms terms) {
    requireNew(file);
    Path absolute = file.toAbsolutePath();
    if (!Files.isDirectory(absolute.getParent())) {
      throw new InputException(absolute.getParent() + ": is no directory; make it first");
    }
    DurableDirectory.create(BookReader.heads(absolute));
    try (BudgetBook book = locked(absolute)) {
      requireNew(file);
      ObjectNode line = LedgerLine.start(1, "book", LedgerLine.NOTHING_BEFORE);
      line.put("version", BookReader.VERSION);
      line.set("terms", BookReader.JSON.valueToTree(terms));
      byte[] bytes = LedgerLine.bytes(line);
      // The head first: the book appears whole, and never without one.
      AtomicFile.write(BookReader.head(absolute), new ChainHead(1, LedgerLine.hash(bytes)).bytes());
      AtomicFile.write(book.file, withLineEnd(bytes));
    }
  }

  private static void requireNew(Path file) {
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new InputException(file + ": exists already; name a new file");
    }
  }

  /**
   * Reads a book.
   *
   * @throws InputException if it is missing or was changed
   */
  public static BookContents read(Path file) {
    return BookReader.read(real(file)).contents();
  }

  /**
   * Refuses a run that would be refused now. Reserves nothing.
   *
   * @throws InputException if the promise would pass the total, or the book is not for such runs
   */
  public static void requireRoom(Path file, LedgerHeader promise) {
    room(file, read(file), promise);
  }

  /** At most what a new run would cost. */
  static PrivacyCost room(Path file, BookContents contents, LedgerHeader promise) {
    try {
      return contents.requireRoom(promise);
    } catch (InputException e) {
      throw new InputException(file + ": " + e.getMessage(), e);
    }
  }

  /**
   * Opens a book to charge runs to it; waits for other processes that have it open.
   *
   * @throws InputException if it is missing or was changed
   */
  static BudgetBook open(Path file) {
    Path real = real(file);
    BudgetBook book = locked(real);
    try {
      book.reader = BookReader.read(real);
      return book;
    } catch (RuntimeException e) {
      book.close();
      throw e;
    }
  }

  /** One name for a book, whatever links lead to it: its lock and heads lie beside it. */
  private static Path real(Path file) {
    try {
      return file.toRealPath();
    } catch (NoSuchFileException e) {
      throw new InputException(
          file + ": there is no such budget book; make it with 'sotto budget create'", e);
    } catch (IOException e) {
      throw FileFailure.cannotBeRead(file, e);
    }
  }

  private static BudgetBook locked(Path file) {
    Path path = BookReader.heads(file).resolve("lock");
    IN_PROCESS.lock();
    FileChannel lock = null;
    try {
      lock = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      lock.lock();
      return new BudgetBook(file, lock);
    } catch (IOException e) {
      Quietly.close(lock);
      IN_PROCESS.unlock();
      throw new InputException(
          file
              + ": cannot be locked by "
              + path
              + " ("
              + FileFailure.why(e)
              + "); the directory belongs to the book, and must be writable for all who charge to it",
          e);
    }
  }

  BookContents contents() {
    return reader.contents();
  }

  Path file() {
    return file;
  }

  /** The head of the ledger of a run, kept with the book. */
  Path runHead(String run) {
    return BookReader.heads(file).resolve(run);
  }

  /** A line that may be appended next, but for its fields. */
  ObjectNode next(String kind) {
    return LedgerLine.start(reader.head().lines() + 1, kind, reader.head().hash());
  }

  /** Adds a line; on disk when this returns. A torn line at the end is cut off first. */
  void append(ObjectNode line) {
    byte[] bytes = LedgerLine.bytes(line);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(reader.completeBytes());
      channel.position(reader.completeBytes());
      ByteBuffer text = ByteBuffer.wrap(withLineEnd(bytes));
      while (text.hasRemaining()) {
        channel.write(text);
      }
      channel.force(true);
    } catch (IOException e) {
      throw new InputException(
          file
              + ": the budget book cannot be written ("
              + FileFailure.why(e)
              + "); nothing is released",
          e);
    }
    AtomicFile.write(
        BookReader.head(file),
        new ChainHead(reader.head().lines() + 1, LedgerLine.hash(bytes)).bytes());
    reader = BookReader.read(file);
  }

  private static byte[] withLineEnd(byte[] line) {
    return ByteBuffer.allocate(line.length + 1).put(line).put((byte) '\n').array();
  }

  @Override
  public void close() {
    try {
      Quietly.close(lock);
    } finally {
      IN_PROCESS.unlock();
    }
  }
}
