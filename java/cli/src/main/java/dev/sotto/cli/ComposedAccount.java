package dev.sotto.cli;

import dev.sotto.accounting.Accountant;
import dev.sotto.accounting.MembershipRisk;
import dev.sotto.base.Figures;
import dev.sotto.base.InputException;
import dev.sotto.ledger.ComposedSpending;
import dev.sotto.ledger.ComposedSpending.AdapterPayment;
import dev.sotto.ledger.RunSpending;
import dev.sotto.plan.Privacy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What {@code sotto account} says of several ledgers, and of adapters. */
final class ComposedAccount {
  private static final String SUM_RESTS_ON =
      "where later runs followed earlier results, this total was fixed beforehand";
  private static final String FIXED_RESTS_ON =
      "neither the later runs' settings nor their being run at all depended on earlier results";

  private ComposedAccount() {}

  static void print(ComposedSpending spending, long candidates, Console console) {
    Map<String, Object> ifFixed = new LinkedHashMap<>();
    console.line(
        "epsilon          at most "
            + Figures.bound(spending.promisedEpsilon())
            + " at delta "
            + Figures.number(spending.delta())
            + ": the promises added up, provided that");
    console.line("                 " + SUM_RESTS_ON);
    for (String name : Privacy.ACCOUNTANTS) {
      double epsilon =
          InputException.ifRefused(() -> spending.epsilonIfFixed(Accountant.named(name)));
      ifFixed.put(name, epsilon);
      console.line(
          String.format("  by %-5s        at most %s", name, Figures.bound(epsilon))
              + " at the same delta: what was charged, provided that");
    }
    console.line("                 " + FIXED_RESTS_ON);
    for (RunSpending run : spending.runs()) {
      print(run, console);
    }
    printBeside(spending, console);
    if (spending.seeded()) {
      console.line("NO GUARANTEE     sampling and noise came from a fixed test seed");
    }
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("epsilon", spending.promisedEpsilon());
    fields.put("delta", spending.delta());
    fields.put("epsilon_if_fixed", ifFixed);
    fields.put("rests_on", Map.of("epsilon", SUM_RESTS_ON, "epsilon_if_fixed", FIXED_RESTS_ON));
    fields.put("steps", spending.chargedSteps());
    fields.put("seeded", spending.seeded());
    fields.put("runs", spending.runs().stream().map(ComposedAccount::fields).toList());
    putAdapters(fields, spending);
    RiskLines.print(
        MembershipRisk.ofGuarantee(spending.promisedEpsilon(), spending.delta(), candidates),
        console,
        fields);
    console.result(fields);
  }

  private static void print(RunSpending run, Console console) {
    console.line(
        "run              "
            + run.runId()
            + ": promised epsilon "
            + Figures.number(run.header().targetEpsilon())
            + " at delta "
            + Figures.number(run.header().delta())
            + where(run));
    for (RunSpending.Branch branch : run.branches()) {
      if (branch.ledger() == null) {
        console.line(
            "  branch         "
                + branch.adapter()
                + ": its ledger was not given, so all "
                + Figures.count(branch.furtherSteps())
                + " steps that were promised are charged");
      } else if (run.forked()) {
        console.line(
            "  branch         "
                + branch.ledger()
                + ": "
                + Figures.count(branch.furtherSteps())
                + " steps"
                + (run.commonSteps() > 0 ? " more" : ""));
      } else {
        console.line("  ledger         " + branch.ledger());
      }
    }
  }

  private static String where(RunSpending run) {
    if (run.branches().stream().anyMatch(branch -> branch.ledger() == null)) {
      return ", copied and gone on with in "
          + run.branches().size()
          + " places; from which step is not known";
    }
    String steps = ", charged " + Figures.count(run.commonSteps()) + " steps";
    return run.forked()
        ? steps + " before it was copied and went on in " + run.branches().size() + " places"
        : steps;
  }

  /** What stands beside the figures: where runs began, what counted once, who paid for what. */
  static void printBeside(ComposedSpending spending, Console console) {
    for (RunSpending run : spending.runs()) {
      String from = run.header().inputs().startingAdapter();
      if (from != null) {
        console.line(
            "began from       an adapter, SHA-256 "
                + from
                + (spending.ledgerOf(from) == null
                    ? "; if it was trained on the same data, give its ledger too"
                    : ", which " + spending.ledgerOf(from) + " paid for"));
      }
      for (Path copy : run.copies()) {
        console.line(
            "copy             "
                + copy
                + " is the same run, no further than the other; counted once");
      }
    }
    for (AdapterPayment payment : spending.payments()) {
      console.line(
          "adapter          "
              + payment.adapter().path()
              + (payment.paid()
                  ? " is paid for by " + payment.ledger()
                  : " is NOT paid for: " + payment.reason()));
    }
  }

  static void putAdapters(Map<String, Object> fields, ComposedSpending spending) {
    if (spending.payments().isEmpty()) {
      return;
    }
    List<Map<String, Object>> adapters = new ArrayList<>();
    for (AdapterPayment payment : spending.payments()) {
      Map<String, Object> adapter = new LinkedHashMap<>();
      adapter.put("adapter", payment.adapter().path().toString());
      adapter.put("paid", payment.paid());
      adapter.put("ledger", payment.paid() ? payment.ledger().toString() : null);
      adapter.put("reason", payment.reason());
      adapters.add(adapter);
    }
    fields.put("adapters", adapters);
  }

  private static Map<String, Object> fields(RunSpending run) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("run", run.runId());
    fields.put("starting_adapter", run.header().inputs().startingAdapter());
    fields.put("promised_epsilon", run.promisedEpsilon());
    fields.put("promised_delta", run.promisedDelta());
    fields.put("common_steps", run.commonSteps());
    List<Map<String, Object>> branches = new ArrayList<>();
    for (RunSpending.Branch branch : run.branches()) {
      Map<String, Object> fieldsOfBranch = new LinkedHashMap<>();
      fieldsOfBranch.put("ledger", branch.ledger() == null ? null : branch.ledger().toString());
      fieldsOfBranch.put("adapter", branch.adapter() == null ? null : branch.adapter().toString());
      fieldsOfBranch.put("further_steps", branch.furtherSteps());
      branches.add(fieldsOfBranch);
    }
    fields.put("branches", branches);
    fields.put("copies", run.copies().stream().map(Object::toString).toList());
    return fields;
  }
}
