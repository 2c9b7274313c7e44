package dev.sotto.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.base.InputException;
import dev.sotto.budget.BookEntry;
import dev.sotto.budget.BudgetBook;
import dev.sotto.budget.BudgetRule;
import dev.sotto.budget.BudgetTerms;
import dev.sotto.budget.RenyiRule;
import dev.sotto.budget.SumRule;
import dev.sotto.ledger.LedgerReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole runs under a budget book. Runs of 6 steps at ε = 8 and δ = 1e-5. */
class BudgetedRunTest {
  @TempDir Path dir;

  private Runs runs;

  @BeforeEach
  void budget() {
    runs = Runs.in(dir);
    runs.book = book("book.jsonl", new SumRule());
  }

  private Path book(String name, BudgetRule rule) {
    Path file = dir.resolve(name);
    BudgetBook.create(
        file,
        new BudgetTerms(
            BudgetTerms.freshName(), "notes", "record", "ADD_OR_REMOVE_ONE", 20, 2e-5, rule));
    return file;
  }

  @Test
  void twoRunsFitAndAThirdLeavesNothingBehind() {
    runs.run();
    runs.output = dir.resolve("second");
    runs.run();
    assertEquals(2, closed());
    runs.output = dir.resolve("third");
    refused("only epsilon 4, delta 0 is left");
    assertFalse(Files.exists(runs.output));
    assertEquals(2, BudgetBook.read(runs.book).runs().size());
  }

  @Test
  void aStoppedRunIsResumedByOneOfItsCopiesOnly() throws IOException {
    stopAfter(3);
    Path copy = copy(dir.resolve("copy"));
    assertEquals(0, closed());
    runs.resume = true;
    assertEquals(6, runs.run().steps());
    assertEquals(1, closed());
    refused("closed for ever");
    runs.output = copy;
    refused("closed for ever");
    BookEntry run = BudgetBook.read(runs.book).runs().values().iterator().next();
    assertEquals(2, run.starts());
  }

  @Test
  void theCopyThatIsResumedFirstIsTheRun() throws IOException {
    stopAfter(3);
    Path original = runs.output;
    Path copy = copy(dir.resolve("copy"));
    runs.resume = true;
    runs.output = copy;
    stopAfter(5);
    runs.output = original;
    refused("is an older copy");
    assertEquals(3, LedgerReader.read(original.resolve("ledger.jsonl")).chargedSteps());
    runs.output = copy;
    assertEquals(6, runs.run().steps());
  }

  @Test
  void withoutItsBookARunIsNotResumed() {
    stopAfter(3);
    runs.resume = true;
    Path book = runs.book;
    runs.book = null;
    refused("budget_book");
    runs.book = book("other.jsonl", new SumRule());
    refused("budget_book");
    runs.book = book;
    runs.run();
    assertEquals(1, closed());
  }

  @Test
  void underRenyiARunWhoseNoiseAdaptsIsChargedWhatItsLedgerSays() {
    RenyiRule rule = new RenyiRule(2);
    runs.book = book("renyi.jsonl", rule);
    runs.steps = 8;
    runs.control = Runs.control("random", 2).with(ControlOptions.ADAPT_NOISE, true);
    runs.run();
    BookEntry run = BudgetBook.read(runs.book).runs().values().iterator().next();
    assertEquals(
        rule.charged(LedgerReader.read(runs.output.resolve("ledger.jsonl"))), run.charged());
    assertTrue(
        run.charged()
                .amounts()
                .get("divergence")
                .compareTo(run.promised().amounts().get("divergence"))
            <= 0);
  }

  @Test
  void aRunWithoutPrivacyHasNothingToCharge() {
    runs.privacy = null;
    refused("--budget-book and --no-privacy exclude each other");
  }

  /** As a kill would, between two steps. */
  private void stopAfter(int steps) {
    RuntimeException stop = new IllegalStateException("stop");
    RuntimeException e =
        assertThrows(
            RuntimeException.class,
            () ->
                runs.run(
                    new FinetuneProgress() {
                      @Override
                      public void step(long step, long all, double epsilon) {
                        if (step >= steps) {
                          throw stop;
                        }
                      }
                    }));
    assertEquals(stop, e);
  }

  private long closed() {
    return BudgetBook.read(runs.book).runs().values().stream().filter(BookEntry::closed).count();
  }

  private Path copy(Path to) throws IOException {
    try (Stream<Path> files = Files.walk(runs.output)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Files.copy(file, to.resolve(runs.output.relativize(file)));
      }
    }
    return to;
  }

  private void refused(String... words) {
    InputException e = assertThrows(InputException.class, () -> runs.run());
    for (String word : List.of(words)) {
      assertTrue(e.getMessage().contains(word), e.getMessage());
    }
  }
}
