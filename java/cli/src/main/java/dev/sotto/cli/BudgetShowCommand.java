package dev.sotto.cli;

import dev.sotto.budget.BookContents;
import dev.sotto.budget.BookEntry;
import dev.sotto.budget.BudgetBook;
import dev.sotto.budget.BudgetTerms;
import dev.sotto.budget.PrivacyCost;
import dev.sotto.report.Fact;
import dev.sotto.report.Item;
import dev.sotto.report.Report;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;
import java.nio.file.Path;
import java.util.List;

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
    Report report = new Report();
    report.row("data set", Fact.of("data_set", terms.dataSet()));
    report.row("privacy unit", Fact.of("privacy_unit", terms.privacyUnit()));
    report.row(
        "total",
        "epsilon {} at delta {}",
        Fact.atMost("epsilon", terms.epsilon()),
        Fact.delta("delta", terms.delta()));
    report.row("rule", Fact.of("rule", terms.rule().ruleName(), terms.rule().words()));
    report.data(
        Fact.of("book", terms.book()),
        Fact.of("neighbouring_relation", terms.neighbouringRelation()),
        cost("total", terms.total()));
    Item.Parts runs = report.list("runs");
    for (BookEntry run : book.runs().values()) {
      add(run, runs.part());
    }
    report.row("counted", cost("counted", book.counted()));
    report.row("left", cost("left", book.left()));
    report.row("book", Fact.said(file));
    console.print(report);
  }

  private static void add(BookEntry run, Report report) {
    Fact id = Fact.of("run", run.run());
    Fact promised = cost("promised", run.promised());
    report.data(Fact.count("starts", run.starts()));
    if (run.closed()) {
      report.row("run", "{}  charged {}", id, cost("charged", run.charged()));
      report.data(promised);
    } else {
      report.row("run", "{}  reserved {}", id, promised);
      report.data(Fact.of("charged", null));
    }
  }

  private static Fact cost(String key, PrivacyCost cost) {
    return Fact.of(key, cost.amounts(), cost.words());
  }
}
