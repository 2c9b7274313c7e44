package dev.sotto.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.budget.BookContents;
import dev.sotto.budget.BookEntry;
import dev.sotto.budget.BudgetBook;
import dev.sotto.budget.BudgetRule;
import dev.sotto.budget.BudgetTerms;
import dev.sotto.budget.RenyiRule;
import dev.sotto.budget.StepsRule;
import dev.sotto.budget.SumRule;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.ledger.LedgerContents;
import dev.sotto.ledger.LedgerReader;
import dev.sotto.model.LanguageModel;
import dev.sotto.model.LoraAdapters;
import dev.sotto.model.Precision;
import dev.sotto.trainer.ChildJvm;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/**
 * One run under a budget book that is killed again and again (SIGKILL) and resumed, and what must
 * hold after each kill: no step is released twice, every released step is charged, the ledger
 * opens, and the book counts no less than the ledger.
 */
final class KillSeries {
  /** What is run, and under which rule it is charged. */
  enum Kind {
    GAUSSIAN(new SumRule()),
    GAUSSIAN_STEPS(new StepsRule(0.2, 0.3, 1_000_000)),
    LMO(new RenyiRule(2)),
    ADAPT_NOISE(new RenyiRule(3));

    private final BudgetRule rule;

    Kind(BudgetRule rule) {
      this.rule = rule;
    }

    void prepare(Runs runs) {
      if (this == LMO) {
        runs.privacy = Runs.privacy(NoiseChoice.lmo(Runs.LAW), false);
      } else if (this == ADAPT_NOISE) {
        runs.control = Runs.control("random", 5).with(ControlOptions.ADAPT_NOISE, true);
      }
    }
  }

  /**
   * What a kill hit.
   *
   * @param moment {@code starting}, {@code training}, {@code ending}, or {@code late} if the run
   *     had finished first
   * @param released steps whose noise is known to have come out, in all lives
   * @param charged steps in the ledger
   */
  record Kill(String moment, long released, long charged) {}

  private final Runs runs;
  private final Kind kind;
  private final long steps;
  private final Path noted;
  private final Random random;
  private long charged;

  KillSeries(Path dir, Kind kind, long steps, Random random) {
    this.runs = Runs.in(dir);
    this.kind = kind;
    this.steps = steps;
    this.random = random;
    noted = dir.resolve("steps.txt");
    runs.book = dir.resolve("book.jsonl");
    BudgetTerms terms =
        new BudgetTerms(
            BudgetTerms.freshName(), "notes", "record", "ADD_OR_REMOVE_ONE", 1e6, 0.02, kind.rule);
    BudgetBook.create(runs.book, terms);
  }

  /** Begins or resumes the run and kills it at a random moment. */
  Kill kill() throws Exception {
    Process child = start(runs.output);
    int how = random.nextInt(8);
    String last = "";
    if (how < 2) {
      // While it starts, reads, plans, verifies or takes over the ledger.
      Thread.sleep(how == 0 ? random.nextInt(400) : 200 + random.nextInt(3800));
      kill(child);
    }
    long wanted = how == 2 ? steps : charged + 1 + random.nextInt(12);
    try (BufferedReader out = child.inputReader()) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        assertTrue(!line.contains("Exception"), line);
        if (line.startsWith("step ") || line.startsWith("finished")) {
          last = line;
        } else {
          assertTrue(!line.startsWith("refused"), line);
        }
        if (line.startsWith("step ") && Long.parseLong(line.substring(5)) >= wanted) {
          // A step, or what comes after the last one: adapter, closing lines, report.
          long within = wanted >= steps ? 80_000_000L : 4_000_000L;
          long until = System.nanoTime() + (long) (random.nextDouble() * within);
          while (System.nanoTime() < until) {
            Thread.onSpinWait();
          }
          kill(child);
        }
      }
    }
    child.waitFor();
    check();
    String moment =
        last.startsWith("finished")
            ? "late"
            : last.isEmpty() ? "starting" : last.equals("step " + steps) ? "ending" : "training";
    return new Kill(moment, released().size(), charged);
  }

  /** Whether nothing is left to be resumed. */
  boolean finished() {
    return BudgetBook.read(runs.book).runs().values().stream().anyMatch(BookEntry::closed);
  }

  /** Copies the run as it stands, resumes it, and then tries to resume the copy. */
  void copyAndResumeBoth(Path to) throws IOException {
    try (Stream<Path> files = Files.walk(runs.output)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Files.copy(file, to.resolve(runs.output.relativize(file)));
      }
    }
    finish();
    Path original = noted.resolveSibling("original.txt");
    Files.copy(noted, original);
    String said = ChildJvm.output(start(to));
    assertTrue(said.contains("refused " + to), said);
    assertEquals(-1, Files.mismatch(noted, original), "the copy released steps");
  }

  /** Runs to the end, unless it has ended, and looks at everything that is left. */
  void finish() throws IOException {
    if (!finished()) {
      String said = ChildJvm.output(start(runs.output));
      assertTrue(said.contains("finished "), said);
    }
    check();
    assertTrue(finished());
    // A controller that spends faster may stop before.
    assertTrue(
        charged == steps || kind == Kind.ADAPT_NOISE && charged <= steps, charged + " steps");
    try (Backend backend = Backends.open("cpu", 1);
        LanguageModel model =
            LanguageModel.load(backend, runs.model, Precision.defaultOf(backend));
        LoraAdapters lora = LoraAdapters.load(model, runs.output)) {
      assertTrue(lora.layout().parameters() > 0);
    }
  }

  private void check() throws IOException {
    List<Long> released = released();
    for (int i = 1; i < released.size(); i++) {
      assertTrue(released.get(i - 1) < released.get(i), "released twice: " + released.get(i));
    }
    Path file = runs.output.resolve("ledger.jsonl");
    BookContents book = BudgetBook.read(runs.book);
    if (!Files.exists(file) || LedgerReader.neverBegun(file)) {
      assertTrue(released.isEmpty());
      return;
    }
    LedgerContents ledger = LedgerReader.read(file);
    long last = released.isEmpty() ? 0 : released.get(released.size() - 1);
    assertTrue(
        ledger.chargedSteps() >= last,
        ledger.chargedSteps() + " steps are charged, but " + last + " were released");
    assertTrue(ledger.chargedSteps() >= charged, "a charge was lost");
    charged = ledger.chargedSteps();
    BookEntry entry = book.runs().get(ledger.runId());
    assertTrue(entry != null || charged == 0, "steps that the book knows nothing of");
    if (entry != null) {
      entry
          .counted()
          .amounts()
          .forEach(
              (measure, counted) ->
                  assertTrue(
                      counted.compareTo(kind.rule.charged(ledger).amounts().get(measure)) >= 0,
                      "the book counts less than the ledger"));
    }
  }

  private List<Long> released() throws IOException {
    return Files.exists(noted)
        ? Files.readAllLines(noted).stream().map(Long::valueOf).toList()
        : List.of();
  }

  private Process start(Path output) throws IOException {
    return ChildJvm.start(
        List.of(),
        KilledRun.class,
        runs.model.toString(),
        runs.train.toString(),
        output.toString(),
        Long.toString(steps),
        kind.name(),
        runs.book.toString(),
        noted.toString());
  }

  /** SIGKILL, which unlike {@link Process#destroyForcibly} leaves what it said to be read. */
  private static void kill(Process child) {
    child.toHandle().destroyForcibly();
  }
}
