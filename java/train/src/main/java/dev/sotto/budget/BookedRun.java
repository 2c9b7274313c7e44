package dev.sotto.budget;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.base.Figures;
import dev.sotto.base.InputException;
import dev.sotto.base.Quietly;
import dev.sotto.ledger.ChainHead;
import dev.sotto.ledger.Ledger;
import dev.sotto.ledger.LedgerContents;
import dev.sotto.ledger.LedgerHeader;
import dev.sotto.ledger.LedgerReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A run's place in a book.
 *
 * <pre>{@code
 * try (BookedRun booked = BookedRun.admit(book, promise)) {   // or refused, before anything is made
 *   Ledger ledger = Ledger.create(file, promise);
 *   booked.begin(ledger);          // the whole promise is reserved on disk
 *   ... all steps ...
 *   ledger.close();
 *   booked.finish(file);           // charged, and closed for ever
 * }
 * }</pre>
 *
 * <p><b>Guarantee.</b> From {@link #begin} on, the book keeps the head of the run's ledger, on disk
 * before each step's noise is drawn. A directory can therefore be resumed only if its ledger has
 * come at least that far on the same way, by one process at a time; its resume changes the head by
 * a fresh nonce, so no other copy reaches it any more. However a run is copied, killed, put back
 * from a backup and resumed, no more steps are released than were reserved.
 */
public final class BookedRun implements AutoCloseable {
  private final Path bookFile;
  private final PrivacyCost promised;
  private BudgetBook book;
  private RunHead head;
  private String run;

  private BookedRun(BudgetBook book, PrivacyCost promised, RunHead head) {
    this.bookFile = book.file();
    this.book = book;
    this.promised = promised;
    this.head = head;
  }

  /**
   * Finds room for a new run. Other runs wait until {@link #begin} or {@link #close}.
   *
   * @throws InputException if the promise would pass the total, or the book is not for such runs
   */
  public static BookedRun admit(Path file, LedgerHeader promise) {
    BudgetBook book = BudgetBook.open(file);
    try {
      return new BookedRun(book, BudgetBook.room(file, book.contents(), promise), null);
    } catch (RuntimeException e) {
      book.close();
      throw e;
    }
  }

  /**
   * Finds a run's place again. A run that was killed before it had charged anything may not have
   * one yet, and is treated as new.
   *
   * @param ledger of the run; may be missing
   * @throws InputException if this is an old copy of the run, or the run is closed or runs
   *     elsewhere
   */
  public static BookedRun readmit(Path file, LedgerHeader promise, Path ledger) {
    BudgetBook book = BudgetBook.open(file);
    RunHead head = null;
    try {
      LedgerContents contents =
          Files.exists(ledger) && !LedgerReader.neverBegun(ledger)
              ? LedgerReader.read(ledger)
              : null;
      BookEntry entry = contents == null ? null : book.contents().runs().get(contents.runId());
      if (entry != null) {
        head = claim(book, entry, ledger);
        return new BookedRun(book, entry.promised(), head);
      }
      if (contents != null && contents.chargedSteps() > 0) {
        throw new InputException(
            ledger
                + ": has charged "
                + Figures.count(contents.chargedSteps(), "step")
                + " that the budget book "
                + file
                + " knows nothing of; give the book that the run was begun with");
      }
      return new BookedRun(book, BudgetBook.room(file, book.contents(), promise), null);
    } catch (RuntimeException e) {
      Quietly.close(head);
      book.close();
      throw e;
    }
  }

  /** The head of an open run, locked, if {@code ledger} has come as far. */
  private static RunHead claim(BudgetBook book, BookEntry entry, Path ledger) {
    if (entry.closed()) {
      throw new InputException(
          ledger
              + ": the run is closed for ever in the budget book "
              + book.file()
              + "; start a new run");
    }
    RunHead head;
    try {
      head = RunHead.lock(book.runHead(entry.run()));
    } catch (InputException e) {
      throw new InputException(ledger + ": " + e.getMessage(), e);
    }
    try {
      ChainHead reached = head.read();
      LedgerContents contents = LedgerReader.readBeyond(ledger, reached);
      if (!contents.nonces().contains(entry.nonce())) {
        throw LedgerReader.oldCopy(ledger);
      }
      return head;
    } catch (RuntimeException e) {
      head.close();
      throw e;
    }
  }

  /**
   * Reserves the promise, or honours the resume. On disk when this returns; other runs may use the
   * book from then on.
   *
   * @param ledger just created or resumed; keeps its head with the book from now on
   */
  public void begin(Ledger ledger) {
    run = ledger.runId();
    BookEntry entry = book.contents().runs().get(run);
    if (head == null) {
      head = RunHead.lock(book.runHead(run));
    }
    ledger.keepHead(head::keep);
    ObjectNode line = book.next(entry == null ? "start" : "resume");
    line.put("run", run);
    List<String> nonces = ledger.nonces();
    line.put("nonce", nonces.get(nonces.size() - 1));
    if (entry == null) {
      line.set("promised", BookReader.JSON.valueToTree(promised));
    }
    book.append(line);
    book.close();
    book = null;
  }

  /**
   * Closes the run for ever: it counts as what it charged, and cannot be resumed.
   *
   * @param ledger of the run, which must be closed
   */
  public void finish(Path ledger) {
    try (BudgetBook open = BudgetBook.open(bookFile)) {
      close(open, open.contents().runs().get(run), LedgerReader.read(ledger));
    }
  }

  /**
   * Closes a run for ever that was given up, as {@link #finish} does.
   *
   * @param ledger of the run; of copies the one that came farthest
   * @return what it was charged
   * @throws InputException if this is an old copy of the run, or the run is closed or is running
   */
  public static PrivacyCost giveUp(Path file, Path ledger) {
    LedgerContents contents = LedgerReader.read(ledger);
    try (BudgetBook book = BudgetBook.open(file)) {
      BookEntry entry = book.contents().runs().get(contents.runId());
      if (entry == null) {
        throw new InputException(
            ledger
                + ": the budget book "
                + file
                + " knows nothing of this run; give the right book");
      }
      RunHead head = claim(book, entry, ledger);
      try {
        return close(book, entry, LedgerReader.read(ledger));
      } finally {
        head.close();
      }
    }
  }

  /**
   * No run costs more than it promised; its ledger may still say so by a step that a crash left
   * unknown, which is charged like another.
   */
  private static PrivacyCost close(BudgetBook book, BookEntry entry, LedgerContents contents) {
    BudgetRule rule = book.contents().terms().rule();
    PrivacyCost charged = rule.charged(contents).atMost(entry.promised());
    ObjectNode line = book.next("close");
    line.put("run", entry.run());
    line.set("charged", BookReader.JSON.valueToTree(charged));
    book.append(line);
    return charged;
  }

  /** Lets other processes have the book and the run. What was reserved stays reserved. */
  @Override
  public void close() {
    Quietly.close(head);
    if (book != null) {
      book.close();
      book = null;
    }
  }
}
