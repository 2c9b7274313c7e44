package dev.sotto.budget;

import dev.sotto.base.InputException;
import dev.sotto.budget.BudgetFixture.Promise;
import java.nio.file.Path;

/** The child of {@link BudgetProcessesTest}: begins runs and says what came of it. */
final class BudgetSpender {
  private BudgetSpender() {}

  /** Arguments: the book, a directory for runs, how many, and steps to release in each. */
  public static void main(String[] arguments) {
    Path book = Path.of(arguments[0]);
    Path work = Path.of(arguments[1]);
    int steps = Integer.parseInt(arguments[3]);
    for (int i = 0; i < Integer.parseInt(arguments[2]); i++) {
      spend(book, work.resolve("run" + i), new Promise(), steps);
    }
  }

  private static void spend(Path book, Path run, Promise promise, int steps) {
    try {
      BudgetFixture.begun(book, run, promise, 0);
      System.out.println("admitted");
      for (int i = 0; i < steps; i++) {
        BudgetFixture.resumed(book, run, promise, 1);
        System.out.println("step");
      }
      if (steps > 0) {
        BookedRun.giveUp(book, BudgetFixture.ledger(run));
      }
    } catch (InputException e) {
      System.out.println("refused " + e.getMessage());
    }
  }
}
