package dev.sotto.budget;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.base.InputException;
import dev.sotto.budget.BudgetFixture.Promise;
import dev.sotto.ledger.Ledger;
import dev.sotto.ledger.LedgerReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs that start, stop, are resumed and copied, and what the book says of it. */
class BookedRunTest {
  @TempDir Path dir;

  private final Promise promise = new Promise();

  @ParameterizedTest
  @ValueSource(strings = {SumRule.NAME, RenyiRule.NAME, StepsRule.NAME})
  void aRunThatDoesNotFitIsRefusedBeforeItIsMade(String rule) {
    Path book = BudgetFixture.book(dir, BudgetFixture.termsFor(rule));
    promise.steps = 50;
    promise.epsilon = 5;
    promise.delta = 5e-6;
    BudgetFixture.whole(book, dir.resolve("a"), promise);
    BudgetFixture.begun(book, dir.resolve("b"), promise, 0);
    promise.steps = 1;
    promise.epsilon = 1e-6;
    promise.delta = 1e-12;
    refused(() -> BookedRun.admit(book, promise.header()), "left", "of the budget of 'notes'");
    assertEquals(2, BudgetBook.read(book).runs().size());
  }

  @ParameterizedTest
  @ValueSource(strings = {RenyiRule.NAME, StepsRule.NAME})
  void anAbortedRunIsChargedWhatItsLedgerChargedOnceItIsClosed(String rule) {
    Path book = BudgetFixture.book(dir, BudgetFixture.termsFor(rule));
    promise.steps = 60;
    Path ledger = BudgetFixture.begun(book, dir.resolve("a"), promise, 20);
    refused(() -> BookedRun.admit(book, promise.header()), "left");
    BookedRun.giveUp(book, ledger);
    assertTrue(only(book).closed());
    PrivacyCost twenty = only(book).counted();
    assertTrue(twenty.within(only(book).promised()));
    double share =
        twenty.amounts().values().iterator().next().doubleValue()
            / only(book).promised().amounts().values().iterator().next().doubleValue();
    assertEquals(20 / 60.0, share, 1e-8);
    BudgetFixture.whole(book, dir.resolve("b"), promise);
    refused(() -> BookedRun.readmit(book, promise.header(), ledger), "closed for ever", "new run");
    refused(() -> BookedRun.giveUp(book, ledger), "closed for ever");
  }

  @Test
  void underSumAnAbortedRunKeepsItsPromise() {
    Path book = BudgetFixture.book(dir, BudgetFixture.termsFor(SumRule.NAME));
    Path ledger = BudgetFixture.begun(book, dir.resolve("a"), promise, 1);
    BookedRun.giveUp(book, ledger);
    assertEquals(only(book).promised(), only(book).charged());
  }

  @ParameterizedTest
  @ValueSource(strings = {SumRule.NAME, RenyiRule.NAME, StepsRule.NAME})
  void aRunThatReleasedNothingCostsNothing(String rule) {
    Path book = BudgetFixture.book(dir, BudgetFixture.termsFor(rule));
    BookedRun.giveUp(book, BudgetFixture.begun(book, dir.resolve("a"), promise, 0));
    BookContents contents = BudgetBook.read(book);
    assertEquals(contents.terms().total(), contents.left());
  }

  @Test
  void aRunIsResumedAndEndsLikeOneThatWasNot() {
    Path book = BudgetFixture.book(dir, BudgetFixture.termsFor(StepsRule.NAME));
    Path run = dir.resolve("a");
    BudgetFixture.begun(book, run, promise, 3);
    String first = only(book).nonce();
    BudgetFixture.resumed(book, run, promise, 2);
    assertFalse(first.equals(only(book).nonce()));
    try (BookedRun booked = BookedRun.readmit(book, promise.header(), BudgetFixture.ledger(run))) {
      try (Ledger ledger = Ledger.resume(BudgetFixture.ledger(run), promise.header())) {
        booked.begin(ledger);
        BudgetFixture.release(ledger, promise, 5);
        refused(() -> BookedRun.giveUp(book, BudgetFixture.ledger(run)), "running");
      }
      booked.finish(BudgetFixture.ledger(run));
    }
    assertEquals(3, only(book).starts());
    assertEquals(10, only(book).charged().amounts().get("steps").intValueExact());
  }

  /** The heart of it: of two copies in the same state one may go on. */
  @Test
  void theSecondOfTwoCopiesIsRefused() {
    Path book = BudgetFixture.book(dir, BudgetFixture.termsFor(SumRule.NAME));
    Path run = dir.resolve("a");
    BudgetFixture.begun(book, run, promise, 3);
    Path copy = BudgetFixture.copy(run, dir.resolve("copy"));
    BudgetFixture.resumed(book, copy, promise, 0);
    oldCopy(book, run);
    BudgetFixture.resumed(book, copy, promise, 4);
    oldCopy(book, run);
    assertEquals(1, BudgetBook.read(book).runs().size());
  }

  /** A backup put back after the run had gone further: its steps would be released twice. */
  @Test
  void anOlderCopyIsRefusedWithoutAnyResumeBetween() throws IOException {
    Path book = BudgetFixture.book(dir, BudgetFixture.termsFor(SumRule.NAME));
    Path run = dir.resolve("a");
    Path copy;
    try (BookedRun booked = BookedRun.admit(book, promise.header());
        Ledger ledger =
            Ledger.create(BudgetFixture.ledger(Files.createDirectories(run)), promise.header())) {
      booked.begin(ledger);
      BudgetFixture.release(ledger, promise, 3);
      copy = BudgetFixture.copy(run, dir.resolve("copy"));
      refused(
          () -> BookedRun.readmit(book, promise.header(), BudgetFixture.ledger(copy)),
          "another process is running");
      BudgetFixture.release(ledger, promise, 1);
    }
    oldCopy(book, copy);
    BudgetFixture.resumed(book, run, promise, 1);
  }

  /** Killed after the ledger noted the resume, and before the book did. */
  @Test
  void aResumeThatTheBookNeverHeardOfLosesNothing() {
    Path book = BudgetFixture.book(dir, BudgetFixture.termsFor(SumRule.NAME));
    Path run = dir.resolve("a");
    BudgetFixture.begun(book, run, promise, 3);
    Path copy = BudgetFixture.copy(run, dir.resolve("copy"));
    Ledger.resume(BudgetFixture.ledger(run), promise.header()).close();
    BudgetFixture.resumed(book, run, promise, 1);
    oldCopy(book, copy);
    assertEquals(4, LedgerReader.read(BudgetFixture.ledger(run)).chargedSteps());
  }

  /** Killed after the ledger was made, and before the book heard of it. */
  @Test
  void aRunThatWasNeverAdmittedIsAdmittedByItsResumeIfThereIsRoom() {
    Path book = BudgetFixture.book(dir, BudgetFixture.termsFor(SumRule.NAME));
    Path run = dir.resolve("a");
    Path ledger = BudgetFixture.ledger(run);
    promise.epsilon = 6;
    run.toFile().mkdirs();
    Ledger.create(ledger, promise.header()).close();
    Path copy = BudgetFixture.copy(run, dir.resolve("copy"));
    BudgetFixture.resumed(book, run, promise, 1);
    assertEquals(1, only(book).starts());
    oldCopy(book, copy);
    // Nor is there room for a run that was never admitted when the book is full.
    Path late = dir.resolve("late");
    late.toFile().mkdirs();
    Ledger.create(BudgetFixture.ledger(late), promise.header()).close();
    refused(() -> BookedRun.readmit(book, promise.header(), BudgetFixture.ledger(late)), "left");
  }

  @Test
  void stepsChargedWithoutTheBookAreRefused() {
    Path book = BudgetFixture.book(dir, BudgetFixture.termsFor(SumRule.NAME));
    dir.resolve("a").toFile().mkdirs();
    Path ledger = BudgetFixture.ledger(dir.resolve("a"));
    try (Ledger outside = Ledger.create(ledger, promise.header())) {
      BudgetFixture.release(outside, promise, 2);
    }
    refused(() -> BookedRun.readmit(book, promise.header(), ledger), "2 steps", "knows nothing");
    refused(() -> BookedRun.giveUp(book, ledger), "knows nothing");
  }

  @Test
  void closingWithAnOldCopyWouldCountTooLittle() {
    Path book = BudgetFixture.book(dir, BudgetFixture.termsFor(StepsRule.NAME));
    Path run = dir.resolve("a");
    BudgetFixture.begun(book, run, promise, 3);
    Path copy = BudgetFixture.copy(run, dir.resolve("copy"));
    BudgetFixture.resumed(book, run, promise, 4);
    refused(() -> BookedRun.giveUp(book, BudgetFixture.ledger(copy)), "older");
    BookedRun.giveUp(book, BudgetFixture.ledger(run));
    assertEquals(7, only(book).charged().amounts().get("steps").intValueExact());
  }

  /** What the torn line was cannot be known; it counts as a step. */
  @Test
  void aTornLedgerIsChargedForTheTornStep() throws IOException {
    Path book = BudgetFixture.book(dir, BudgetFixture.termsFor(StepsRule.NAME));
    Path ledger = BudgetFixture.begun(book, dir.resolve("a"), promise, 3);
    Files.writeString(ledger, "{\"line\":", StandardOpenOption.APPEND);
    BookedRun.giveUp(book, ledger);
    assertEquals(4, only(book).charged().amounts().get("steps").intValueExact());
  }

  @Test
  void withoutTheKeptHeadNothingIsResumedAndThePromiseStays() throws IOException {
    Path book = BudgetFixture.book(dir, BudgetFixture.termsFor(StepsRule.NAME));
    Path ledger = BudgetFixture.begun(book, dir.resolve("a"), promise, 3);
    Files.write(BookReader.heads(book).resolve(only(book).run()), new byte[10]);
    refused(() -> BookedRun.readmit(book, promise.header(), ledger), "missing or damaged");
    refused(() -> BookedRun.giveUp(book, ledger), "missing or damaged");
    assertEquals(10, only(book).counted().amounts().get("steps").intValueExact());
  }

  private void oldCopy(Path book, Path run) {
    refused(
        () -> BookedRun.readmit(book, promise.header(), BudgetFixture.ledger(run)),
        run.toString(),
        "older");
  }

  private static BookEntry only(Path book) {
    BookContents contents = BudgetBook.read(book);
    assertEquals(1, contents.runs().size());
    return contents.runs().values().iterator().next();
  }

  private static void refused(Executable call, String... words) {
    InputException e = assertThrows(InputException.class, call);
    for (String word : words) {
      assertTrue(e.getMessage().contains(word), "'" + word + "' in: " + e.getMessage());
    }
    assertFalse(e.getMessage().contains("\n"), e.getMessage());
  }
}
