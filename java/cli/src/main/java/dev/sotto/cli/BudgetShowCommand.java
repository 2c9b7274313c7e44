package dev.sotto.cli;

import dev.sotto.base.Figures;
import dev.sotto.budget.BookContents;
import dev.sotto.budget.BookEntry;
import dev.sotto.budget.BudgetBook;
import dev.sotto.budget.BudgetTerms;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code sotto budget show}: the runs of a budget book, and what is left. */
final class BudgetShowCommand implements Command {
  private static final Setting<Path> BUDGET_BOOK =
      Setting.path("budget-book", "FILE", "made by 'sotto budget create'");

  @Override
  public String name() {
    return "budget show";
  }

  @Override
  public String summary() {
    return "list the runs that a budget book was charged with, and what is left";
  }

  @Override
  public String usage() {
    return "--budget-book FILE";
  }

  @Override
  public String description() {
    return """
        A run counts with its whole promise until it is closed, at its end or by 'sotto budget
        close'. The guarantee is the total; what was counted so far is none. A book that was changed
        is refused.
        --json gives book, data_set, privacy_unit, neighbouring_relation, epsilon, delta, rule,
        total, counted, left, and runs with run, starts, promised, charged (null while the run may
        go on).""";
  }

  @Override
  public List<Section> settings() {
    return List.of(Section.of("Options", BUDGET_BOOK));
  }

  @Override
  public List<String> examples() {
    return List.of("budget show --budget-book wards.jsonl");
  }

  @Override
  public void run(Values values, Console console) {
    Path file = values.get(BUDGET_BOOK);
    print(file, BudgetBook.read(file), console);
  }

  static void print(Path file, BookContents book, Console console) {
    BudgetTerms terms = book.terms();
    console.line("data set      " + terms.dataSet());
    console.line("privacy unit  " + terms.privacyUnit());
    console.line(
        "total         epsilon "
            + Figures.number(terms.epsilon())
            + " at delta "
            + Figures.number(terms.delta()));
    console.line("rule          " + terms.rule().words());
    for (BookEntry run : book.runs().values()) {
      console.line(
          "run           "
              + run.run()
              + "  "
              + (run.closed()
                  ? "charged " + run.charged().words()
                  : "reserved " + run.promised().words()));
    }
    console.line("counted       " + book.counted().words());
    console.line("left          " + book.left().words());
    console.line("book          " + file);
    console.result(fields(book));
  }

  private static Map<String, Object> fields(BookContents book) {
    BudgetTerms terms = book.terms();
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("book", terms.book());
    fields.put("data_set", terms.dataSet());
    fields.put("privacy_unit", terms.privacyUnit());
    fields.put("neighbouring_relation", terms.neighbouringRelation());
    fields.put("epsilon", terms.epsilon());
    fields.put("delta", terms.delta());
    fields.put("rule", terms.rule().ruleName());
    fields.put("total", terms.total().amounts());
    fields.put("counted", book.counted().amounts());
    fields.put("left", book.left().amounts());
    List<Map<String, Object>> runs = new ArrayList<>();
    for (BookEntry entry : book.runs().values()) {
      Map<String, Object> run = new LinkedHashMap<>();
      run.put("run", entry.run());
      run.put("starts", entry.starts());
      run.put("promised", entry.promised().amounts());
      run.put("charged", entry.closed() ? entry.charged().amounts() : null);
      runs.add(run);
    }
    fields.put("runs", runs);
    return fields;
  }
}
