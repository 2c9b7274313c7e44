package dev.sotto.cli;

import dev.sotto.accounting.Accountant;
import dev.sotto.accounting.Calibration;
import dev.sotto.accounting.NeighbouringRelation;
import dev.sotto.accounting.PrivacyFilter;
import dev.sotto.accounting.RepeatedEvent;
import dev.sotto.base.InputException;
import dev.sotto.budget.BudgetBook;
import dev.sotto.budget.BudgetRule;
import dev.sotto.budget.BudgetTerms;
import dev.sotto.budget.RenyiRule;
import dev.sotto.budget.StepsRule;
import dev.sotto.budget.SumRule;
import dev.sotto.cli.Arguments.Interval;
import java.nio.file.Path;
import java.util.List;

/** {@code sotto budget create}: a total (ε, δ) for everything that is released of a data set. */
final class BudgetCreateCommand implements Command {
  private static final List<String> RULES = List.of(SumRule.NAME, RenyiRule.NAME, StepsRule.NAME);

  @Override
  public String name() {
    return "budget create";
  }

  @Override
  public String summary() {
    return "make a budget book: a total epsilon for all runs on one data set";
  }

  @Override
  public String usage() {
    return "--budget-book FILE --data-set NAME --epsilon E --delta D [--rule RULE] [options]";
  }

  @Override
  public String description() {
    return """
        'sotto finetune --budget-book FILE' then reserves what a run promises before its first step,
        and is refused when the total would be passed. The rule is fixed for good, because later runs
        follow earlier results. sum: promised epsilon and delta add up; an aborted run keeps its
        promise. renyi: divergences of steps add up at one order; an aborted run costs what its
        ledger charged. steps: one sampling rate, noise multiplier and total number of steps for all
        runs, accounted for tightly; a run may sample less and add more noise. FILE.heads is part of
        the book: keep both together, and out of reach of whoever may not raise the total.
        --json prints what 'sotto budget show' prints.""";
  }

  @Override
  public OptionTable options() {
    return new OptionTable()
        .section("Budget")
        .value("budget-book", "FILE", "a new file")
        .value("data-set", "NAME", "what you call the data set; public, like all of the book")
        .value(
            "privacy-unit", "NAME", "column whose records are protected together; default: record")
        .value("epsilon", "E", "epsilon of all runs together")
        .value("delta", "D", "delta of all runs together")
        .value("rule", "RULE", "sum (default), renyi or steps")
        .section("Of the rules renyi and steps")
        .value("sampling-rate", "Q", "of a step; renyi: expected, to choose the order")
        .value("steps", "T", "of all runs together; renyi: expected, to choose the order")
        .value(
            "noise-multiplier", "Z", "steps: of every step; default: the least that meets epsilon")
        .value("order", "A", "renyi: the order, above 1; instead of --sampling-rate and --steps");
  }

  @Override
  public List<String> examples() {
    return List.of(
        "budget create --budget-book wards.jsonl --data-set 'ward notes 2025' --privacy-unit patient"
            + " --epsilon 8 --delta 1e-6",
        "budget create --budget-book wards.jsonl --data-set 'ward notes 2025' --rule steps"
            + " \\\n      --sampling-rate 0.01 --steps 5000 --epsilon 8 --delta 1e-6",
        "budget create --budget-book wards.jsonl --data-set 'ward notes 2025' --rule renyi"
            + " --order 6 --epsilon 8 --delta 1e-6");
  }

  @Override
  public void run(Arguments arguments, Console console) {
    Path file = arguments.path("budget-book");
    double epsilon = arguments.number("epsilon", Interval.POSITIVE);
    double delta = arguments.number("delta", Interval.DELTA);
    BudgetTerms terms = InputException.ifRefused(() -> terms(arguments, epsilon, delta));
    BudgetBook.create(file, terms);
    BudgetShowCommand.print(file, BudgetBook.read(file), console);
  }

  private static BudgetTerms terms(Arguments arguments, double epsilon, double delta) {
    return new BudgetTerms(
        BudgetTerms.freshName(),
        arguments.text("data-set"),
        arguments.textOr("privacy-unit", "record"),
        NeighbouringRelation.ADD_OR_REMOVE_ONE.name(),
        epsilon,
        delta,
        rule(arguments, epsilon, delta));
  }

  private static BudgetRule rule(Arguments arguments, double epsilon, double delta) {
    String name = arguments.wordOr("rule", SumRule.NAME, RULES);
    return switch (name) {
      case RenyiRule.NAME -> {
        refuse(arguments, name, "noise-multiplier");
        yield new RenyiRule(order(arguments, epsilon, delta));
      }
      case StepsRule.NAME -> {
        refuse(arguments, name, "order");
        yield steps(arguments, epsilon, delta);
      }
      default -> {
        refuse(arguments, name, "order", "sampling-rate", "noise-multiplier", "steps");
        yield new SumRule();
      }
    };
  }

  private static void refuse(Arguments arguments, String rule, String... options) {
    for (String option : options) {
      if (arguments.has(option)) {
        throw new InputException(
            "--" + option + " has no meaning under --rule " + rule + "; leave it out");
      }
    }
  }

  private static double order(Arguments arguments, double epsilon, double delta) {
    arguments.refuseTogether("order", "sampling-rate");
    arguments.refuseTogether("order", "steps");
    if (arguments.has("order")) {
      return arguments.number("order", Interval.POSITIVE);
    }
    if (!arguments.has("sampling-rate") || !arguments.has("steps")) {
      throw new InputException(
          "--rule renyi needs its order now: give --sampling-rate and --steps as you expect them of"
              + " all runs together, or --order");
    }
    double q = samplingRate(arguments);
    long steps = steps(arguments);
    double z = Calibration.noiseMultiplier(Accountant.rdp(), epsilon, delta, q, steps);
    return PrivacyFilter.forPlan(epsilon, delta, Calibration.run(z, q, steps)).order();
  }

  private static StepsRule steps(Arguments arguments, double epsilon, double delta) {
    double q = samplingRate(arguments);
    long steps = steps(arguments);
    if (!arguments.has("noise-multiplier")) {
      return StepsRule.least(epsilon, delta, q, steps);
    }
    double z = arguments.number("noise-multiplier", Interval.POSITIVE);
    StepsRule rule = new StepsRule(q, z, steps);
    if (!rule.meets(epsilon, delta)) {
      throw new InputException(
          "--noise-multiplier "
              + z
              + " is too small for epsilon "
              + epsilon
              + " at delta "
              + delta
              + "; give at least "
              + StepsRule.least(epsilon, delta, q, steps).noiseMultiplier());
    }
    return rule;
  }

  private static double samplingRate(Arguments arguments) {
    return arguments.number("sampling-rate", Interval.PROBABILITY);
  }

  private static long steps(Arguments arguments) {
    return arguments.whole("steps", 1, RepeatedEvent.MAX_COUNT);
  }
}
