package dev.sotto.budget;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.trainer.ChildJvm;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several processes at one book, and processes that are killed. */
class BudgetProcessesTest {
  private static final int RUNS_EACH = 20;

  @TempDir Path dir;

  /** Two processes start run after run at the same time; the total holds half of them. */
  @Test
  void racingProcessesNeverPassTheTotalAndNeverLoseARun() throws IOException {
    Path book = BudgetFixture.book(dir, BudgetFixture.terms(RUNS_EACH, 2e-5, new SumRule()));
    List<Process> children =
        List.of(start(book, dir.resolve("a"), "run"), start(book, dir.resolve("b"), "run"));
    int admitted = 0;
    int refused = 0;
    for (Process child : children) {
      String said = ChildJvm.output(child);
      admitted += count(said, "admitted");
      refused += count(said, "refused " + book);
    }
    assertEquals(RUNS_EACH, admitted);
    assertEquals(RUNS_EACH, refused);
    BookContents contents = BudgetBook.read(book);
    assertEquals(RUNS_EACH, contents.runs().size());
    assertEquals(0, contents.left().amounts().get("epsilon").signum());
  }

  /** What a killed process said was admitted or released is in the book. */
  @Test
  void killedProcessesLoseNothing() throws Exception {
    Path book =
        BudgetFixture.book(
            dir, BudgetFixture.terms(1e6, 9e-4, new StepsRule(BudgetFixture.Q, 1.1, 1_000_000)));
    Random random = new Random(4);
    int admitted = 0;
    long released = 0;
    for (int kill = 0; kill < 6; kill++) {
      Process child = start(book, dir.resolve("kill" + kill), "loop");
      int lines = 3 + random.nextInt(25);
      try (BufferedReader out = child.inputReader()) {
        for (String line = out.readLine(); line != null; line = out.readLine()) {
          admitted += line.equals("admitted") ? 1 : 0;
          released += line.equals("step") ? 1 : 0;
          if (--lines == 0) {
            long until = System.nanoTime() + random.nextInt(5_000_000);
            while (System.nanoTime() < until) {
              Thread.onSpinWait();
            }
            child.toHandle().destroyForcibly();
          }
        }
      }
      child.waitFor();
      BookContents contents = BudgetBook.read(book);
      assertTrue(contents.runs().size() >= admitted, contents.runs().size() + " < " + admitted);
      long counted = contents.counted().amounts().get("steps").longValueExact();
      assertTrue(counted >= released, counted + " steps counted, " + released + " released");
    }
    assertTrue(admitted > 6 && released > 20, admitted + " runs, " + released + " steps");
  }

  private static int count(String said, String beginning) {
    return (int) said.lines().filter(line -> line.startsWith(beginning)).count();
  }

  private static Process start(Path book, Path work, String how) throws IOException {
    return ChildJvm.start(
        List.of(),
        BudgetSpender.class,
        book.toString(),
        work.toString(),
        how.equals("loop") ? "1000000" : Integer.toString(RUNS_EACH),
        how.equals("loop") ? "5" : "0");
  }
}
