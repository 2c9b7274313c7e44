package dev.sotto.cli;

import dev.sotto.budget.BookedRun;
import dev.sotto.budget.BudgetBook;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;
import java.nio.file.Path;
import java.util.List;

/** {@code sotto budget close}: gives a run up, so that what it did not use can be used. */
final class BudgetCloseCommand implements Command {
  private static final Setting<Path> BUDGET_BOOK =
      Setting.path("budget-book", "FILE", "that the run was begun with");
  private static final Setting<Path> LEDGER =
      Setting.path("ledger", "FILE", "ledger.jsonl of the run");

  @Override
  public String name() {
    return "budget close";
  }

  @Override
  public String summary() {
    return "give up a run that was stopped, and charge the book what its ledger charged";
  }

  @Override
  public String usage() {
    return "--budget-book FILE --ledger FILE";
  }

  @Override
  public String description() {
    return """
        A run that ends by itself is closed by itself. One that was stopped keeps its whole promise
        reserved, since it may be resumed; closing it gives back the steps it did not take, and it can
        never be resumed. Under the rule sum nothing is given back. Refused for a ledger that is older
        than the run, and for a run that is running.
        --json prints what 'sotto budget show' prints.""";
  }

  @Override
  public List<Section> settings() {
    return List.of(Section.of("Options", BUDGET_BOOK, LEDGER));
  }

  @Override
  public List<String> examples() {
    return List.of("budget close --budget-book wards.jsonl --ledger run1/ledger.jsonl");
  }

  @Override
  public void run(Values values, Console console) {
    Path file = values.get(BUDGET_BOOK);
    BookedRun.giveUp(file, values.get(LEDGER));
    BudgetShowCommand.print(file, BudgetBook.read(file), console);
  }
}
