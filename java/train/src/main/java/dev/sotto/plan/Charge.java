package dev.sotto.plan;

import dev.sotto.budget.BookedRun;
import dev.sotto.budget.BudgetBook;
import dev.sotto.ledger.Ledger;
import dev.sotto.ledger.LedgerHeader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a run's releases are charged to: a ledger under the run's promise, and the budget of the
 * data set where there is one. A run without privacy is charged to {@link #nothing}.
 */
final class Charge implements AutoCloseable {
  private final Optional<LedgerHeader> promise;
  private final Path file;
  private final boolean begun;
  private final Optional<BookedRun> place;

  private Charge(
      Optional<LedgerHeader> promise, Path file, boolean begun, Optional<BookedRun> place) {
    this.promise = promise;
    this.file = file;
    this.begun = begun;
    this.place = place;
  }

  /** Has no ledger. */
  static Charge nothing() {
    return new Charge(Optional.empty(), null, false, Optional.empty());
  }

  /**
   * Finds room for a new run, before anything is made; see {@link BookedRun#admit}.
   *
   * @param promise of the run
   * @param ledger new file
   * @param book of the data set; empty for none
   */
  static Charge fresh(LedgerHeader promise, Path ledger, Optional<Path> book) {
    return new Charge(
        Optional.of(promise), ledger, false, book.map(budget -> BookedRun.admit(budget, promise)));
  }

  /**
   * Finds the place of a resumed run again; see {@link BookedRun#readmit}.
   *
   * @param begun whether there must be a ledger: a run killed before it had one has released
   *     nothing, so its resume may begin one
   */
  static Charge resumed(LedgerHeader promise, Path ledger, Optional<Path> book, boolean begun) {
    return new Charge(
        Optional.of(promise),
        ledger,
        begun || Files.exists(ledger),
        book.map(budget -> BookedRun.readmit(budget, promise, ledger)));
  }

  /** Checks that a budget, if there is one, has room for a promise. Reserves nothing. */
  static void requireRoom(LedgerHeader promise, Optional<Path> book) {
    book.ifPresent(budget -> BudgetBook.requireRoom(budget, promise));
  }

  /** Opens the ledger, and reserves the promise in the budget; on disk when this returns. */
  Ledger ledger() {
    LedgerHeader header = promise.orElseThrow();
    Ledger ledger = begun ? Ledger.resume(file, header) : Ledger.create(file, header);
    try {
      place.ifPresent(booked -> booked.begin(ledger));
      return ledger;
    } catch (RuntimeException e) {
      ledger.close();
      throw e;
    }
  }

  /** Closes the run for ever in the budget, once its ledger is closed: it costs what it charged. */
  void finish() {
    place.ifPresent(booked -> booked.finish(file));
  }

  @Override
  public void close() {
    place.ifPresent(BookedRun::close);
  }
}
