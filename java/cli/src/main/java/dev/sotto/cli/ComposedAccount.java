package dev.sotto.cli;

import dev.sotto.accounting.Accountant;
import dev.sotto.accounting.MembershipRisk;
import dev.sotto.base.Figures;
import dev.sotto.base.InputException;
import dev.sotto.ledger.ComposedSpending;
import dev.sotto.ledger.ComposedSpending.AdapterPayment;
import dev.sotto.ledger.RunSpending;
import dev.sotto.plan.Privacy;
import dev.sotto.plan.RiskRows;
import dev.sotto.report.Fact;
import dev.sotto.report.Item;
import dev.sotto.report.Report;
import java.nio.file.Path;

/** What {@code sotto account} says of several ledgers, and of adapters. */
final class ComposedAccount {
  private static final String SUM_RESTS_ON =
      "where later runs followed earlier results, this total was fixed beforehand";
  private static final String FIXED_RESTS_ON =
      "neither the later runs' settings nor their being run at all depended on earlier results";

  private ComposedAccount() {}

  static void print(ComposedSpending spending, long candidates, Console console) {
    Report report = new Report();
    if (spending.seeded()) {
      report.row("NO GUARANTEE", "sampling and noise came from a fixed test seed");
    }
    report.row(
        "epsilon",
        "at most {} at delta {}: the promises added up, provided that",
        Fact.atMost("epsilon", spending.promisedEpsilon()),
        Fact.delta("delta", spending.delta()));
    Fact sumRestsOn = Fact.of("epsilon", SUM_RESTS_ON);
    Fact fixedRestsOn = Fact.of("epsilon_if_fixed", FIXED_RESTS_ON);
    report.row("", sumRestsOn.unkept());
    Report ifFixed = report.section("epsilon_if_fixed", "");
    for (String name : Privacy.ACCOUNTANTS) {
      double epsilon =
          InputException.ifRefused(() -> spending.epsilonIfFixed(Accountant.named(name)));
      ifFixed.row(
          "  by " + name,
          "at most {} at the same delta: what was charged, provided that",
          Fact.atMost(name, epsilon));
    }
    report.row("", fixedRestsOn.unkept());
    report.section("rests_on", "").data(sumRestsOn, fixedRestsOn);
    report.data(Fact.count("steps", spending.chargedSteps()), Fact.of("seeded", spending.seeded()));
    Item.Parts runs = report.list("runs");
    for (RunSpending run : spending.runs()) {
      add(run, runs.part());
    }
    addBeside(report, spending);
    RiskRows.add(
        report,
        MembershipRisk.ofGuarantee(spending.promisedEpsilon(), spending.delta(), candidates));
    console.print(report);
  }

  private static void add(RunSpending run, Report report) {
    report.row(
        "run",
        "{}: promised epsilon {} at delta {}{}",
        Fact.of("run", run.runId()),
        Fact.atMost(null, run.header().target().epsilon()),
        Fact.delta(null, run.header().target().delta()),
        Fact.said(where(run)));
    report.data(
        Fact.of("starting_adapter", run.header().inputs().startingAdapter()),
        Fact.number("promised_epsilon", run.promisedEpsilon()),
        Fact.number("promised_delta", run.promisedDelta()),
        Fact.count("common_steps", run.commonSteps()),
        Fact.of("copies", run.copies().stream().map(Object::toString).toList(), ""));
    Item.Parts branches = report.list("branches");
    for (RunSpending.Branch branch : run.branches()) {
      add(run, branch, branches.part());
    }
  }

  private static void add(RunSpending run, RunSpending.Branch branch, Report report) {
    Fact ledger = Fact.of("ledger", branch.ledger());
    Fact adapter = Fact.of("adapter", branch.adapter());
    Fact further = Fact.count("further_steps", branch.furtherSteps(), "step");
    if (branch.ledger() == null) {
      report.row(
          "  branch",
          "{}: its ledger was not given, so {} that the run promised are charged",
          adapter,
          further);
      report.data(ledger);
      return;
    }
    if (run.forked()) {
      String more = run.commonSteps() > 0 ? " more" : "";
      report.row("  branch", "{}: {}" + more, ledger, further);
    } else {
      report.row("  ledger", ledger);
      report.data(further);
    }
    report.data(adapter);
  }

  private static String where(RunSpending run) {
    if (run.branches().stream().anyMatch(branch -> branch.ledger() == null)) {
      return ", copied and gone on with in "
          + run.branches().size()
          + " places; from which step is not known";
    }
    String steps = ", charged " + Figures.count(run.commonSteps(), "step");
    return run.forked()
        ? steps + " before it was copied and went on in " + run.branches().size() + " places"
        : steps;
  }

  /** What stands beside the figures: where runs began, what counted once, who paid for what. */
  static void addBeside(Report report, ComposedSpending spending) {
    for (RunSpending run : spending.runs()) {
      String from = run.header().inputs().startingAdapter();
      if (from != null) {
        Path paying = spending.ledgerOf(from);
        if (paying == null) {
          report.row(
              "began from",
              "an adapter, SHA-256 {}; if it was trained on the same data, give its ledger too",
              Fact.said(from));
        } else {
          report.row(
              "began from",
              "an adapter, SHA-256 {}, which {} paid for",
              Fact.said(from),
              Fact.said(paying));
        }
      }
      for (Path copy : run.copies()) {
        report.row(
            "copy", "{} is the same run, no further than the other; counted once", Fact.said(copy));
      }
    }
    if (spending.payments().isEmpty()) {
      return;
    }
    Item.Parts adapters = report.list("adapters");
    for (AdapterPayment payment : spending.payments()) {
      add(payment, adapters.part());
    }
  }

  private static void add(AdapterPayment payment, Report report) {
    Fact ledger = Fact.of("ledger", payment.ledger());
    Fact reason = Fact.of("reason", payment.reason());
    report.row(
        "adapter",
        payment.paid() ? "{} is paid for by {}" : "{} is NOT paid for: {}",
        Fact.of("adapter", payment.adapter().path()),
        payment.paid() ? ledger : reason);
    report.data(Fact.of("paid", payment.paid()), payment.paid() ? reason : ledger);
  }
}
