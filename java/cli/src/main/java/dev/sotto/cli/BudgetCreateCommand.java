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
import dev.sotto.settings.Range;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;
import java.nio.file.Path;
import java.util.List;

/** {@code sotto budget create}: a total (ε, δ) for everything that is released of a data set. */
final class BudgetCreateCommand implements Command {
  private static final Setting<Path> BUDGET_BOOK =
      Setting.path("budget-book", "FILE", "a new file");
  private static final Setting<String> DATA_SET =
      Setting.text("data-set", "NAME", "what you call the data set; public, like all of the book");
  private static final Setting<String> PRIVACY_UNIT =
      Setting.text(
              "privacy-unit", "NAME", "column whose records are protected together; default: %s")
          .or("record");
  private static final Setting<Double> EPSILON =
      Setting.number("epsilon", "E", Range.EPSILON, "epsilon of all runs together");
  private static final Setting<Double> DELTA =
      Setting.number("delta", "D", Range.BUDGET_DELTA, "delta of all runs together");
  private static final Setting<String> RULE =
      Setting.word("rule", "RULE", List.of(SumRule.NAME, RenyiRule.NAME, StepsRule.NAME), "%s")
          .or(SumRule.NAME);
  private static final Setting<Double> SAMPLING_RATE =
      Setting.number(
          "sampling-rate",
          "Q",
          Range.SAMPLING_RATE,
          "of a step; renyi: expected, to choose the order");
  private static final Setting<Long> STEPS =
      Setting.whole(
          "steps",
          "T",
          1,
          RepeatedEvent.MAX_COUNT,
          "of all runs together; renyi: expected, to choose the order");
  private static final Setting<Double> NOISE_MULTIPLIER =
      Setting.number(
          "noise-multiplier",
          "Z",
          Range.NOISE_MULTIPLIER,
          "steps: of every step; default: the least that meets epsilon");
  private static final Setting<Double> ORDER =
      Setting.number(
              "order",
              "A",
              Range.ORDER,
              "renyi: the order, above 1; instead of --sampling-rate and --steps")
          .insteadOf(SAMPLING_RATE, STEPS);

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
  public List<Section> settings() {
    return List.of(
        Section.of("Budget", BUDGET_BOOK, DATA_SET, PRIVACY_UNIT, EPSILON, DELTA, RULE),
        Section.of("Of the rules renyi and steps", SAMPLING_RATE, STEPS, NOISE_MULTIPLIER, ORDER));
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
  public void run(Values values, Console console) {
    Path file = values.get(BUDGET_BOOK);
    double epsilon = values.get(EPSILON);
    double delta = values.get(DELTA);
    BudgetTerms terms = InputException.ifRefused(() -> terms(values, epsilon, delta));
    BudgetBook.create(file, terms);
    WeakPromise.note(console, epsilon, delta);
    BudgetShowCommand.print(file, BudgetBook.read(file), console);
  }

  private static BudgetTerms terms(Values values, double epsilon, double delta) {
    return new BudgetTerms(
        BudgetTerms.freshName(),
        values.get(DATA_SET),
        values.get(PRIVACY_UNIT),
        NeighbouringRelation.ADD_OR_REMOVE_ONE.name(),
        epsilon,
        delta,
        rule(values, epsilon, delta));
  }

  private static BudgetRule rule(Values values, double epsilon, double delta) {
    String name = values.get(RULE);
    return switch (name) {
      case RenyiRule.NAME -> {
        refuse(values, NOISE_MULTIPLIER);
        yield new RenyiRule(order(values, epsilon, delta));
      }
      case StepsRule.NAME -> {
        refuse(values, ORDER);
        yield steps(values, epsilon, delta);
      }
      default -> {
        refuse(values, ORDER, SAMPLING_RATE, NOISE_MULTIPLIER, STEPS);
        yield new SumRule();
      }
    };
  }

  private static void refuse(Values values, Setting<?>... settings) {
    for (Setting<?> setting : settings) {
      if (values.has(setting)) {
        throw new InputException(
            values.named(setting)
                + " has no meaning under "
                + values.shown(RULE)
                + "; leave it out");
      }
    }
  }

  private static double order(Values values, double epsilon, double delta) {
    values.refuseTogether(ORDER, SAMPLING_RATE);
    values.refuseTogether(ORDER, STEPS);
    if (values.has(ORDER)) {
      return values.get(ORDER);
    }
    if (!values.has(SAMPLING_RATE) || !values.has(STEPS)) {
      throw new InputException(
          "--rule renyi needs its order now: give --sampling-rate and --steps as you expect them of"
              + " all runs together, or --order");
    }
    double q = values.get(SAMPLING_RATE);
    long steps = values.get(STEPS);
    double z = Calibration.noiseMultiplier(Accountant.rdp(), epsilon, delta, q, steps);
    return PrivacyFilter.forPlan(epsilon, delta, Calibration.run(z, q, steps)).order();
  }

  private static StepsRule steps(Values values, double epsilon, double delta) {
    double q = values.get(SAMPLING_RATE);
    long steps = values.get(STEPS);
    if (!values.has(NOISE_MULTIPLIER)) {
      return StepsRule.least(epsilon, delta, q, steps);
    }
    double z = values.get(NOISE_MULTIPLIER);
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
}
