package dev.sotto.cli;

import dev.sotto.accounting.Accountant;
import dev.sotto.accounting.Calibration;
import dev.sotto.accounting.EpsilonBound;
import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.accounting.RepeatedEvent;
import dev.sotto.cli.Arguments.Interval;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code sotto account}: what ε a run costs, from its parameters or from its ledger. */
final class AccountCommand implements Command {
  static final List<String> ACCOUNTANTS = List.of("pld", "rdp");

  @Override
  public String name() {
    return "account";
  }

  @Override
  public String summary() {
    return "say what epsilon a run costs, from its noise or from its ledger";
  }

  @Override
  public String usage() {
    return "--sampling-rate Q --noise-multiplier Z --steps T --delta D";
  }

  @Override
  public String description() {
    return """
        For Poisson sampling, Gaussian noise, and neighbours that differ by one privacy unit more or
        less. The epsilon is an upper bound that holds; epsilon_lower is the proven lower end of the
        bracket.
        --json gives epsilon, epsilon_lower, delta, accountant, sampling_rate, noise_multiplier, steps.""";
  }

  @Override
  public OptionTable options() {
    return new OptionTable()
        .section("From parameters")
        .value("sampling-rate", "Q", "probability of each unit to be in a batch, in (0, 1]")
        .value("noise-multiplier", "Z", "noise standard deviation over the clip norm")
        .value("steps", "T", "number of steps")
        .value("delta", "D", "the delta of the guarantee")
        .value("accountant", "NAME", "pld (default, tight) or rdp");
  }

  @Override
  public List<String> examples() {
    return List.of(
        "account --sampling-rate 0.01 --noise-multiplier 0.8 --steps 1000 --delta 1e-5");
  }

  @Override
  public void run(Arguments arguments, Console console) {
    double q = arguments.number("sampling-rate", Interval.PROBABILITY);
    double z = arguments.number("noise-multiplier", Interval.POSITIVE);
    long steps = arguments.whole("steps", 1, RepeatedEvent.MAX_COUNT);
    double delta = arguments.number("delta", Interval.DELTA);
    Accountant accountant = Accountant.named(arguments.wordOr("accountant", "pld", ACCOUNTANTS));
    PrivacyEvent event = Calibration.run(z, q, steps);
    EpsilonBound bound = accountant.epsilon(event, delta);
    console.line("epsilon at most  " + Figures.bound(bound.upper()) + "  at delta " + delta);
    console.line("       at least  " + Figures.lowerBound(bound.lower()));
    console.line("accountant       " + accountant.name());
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("epsilon", bound.upper());
    fields.put("epsilon_lower", bound.lower());
    fields.put("delta", delta);
    fields.put("accountant", accountant.name());
    fields.put("sampling_rate", q);
    fields.put("noise_multiplier", z);
    fields.put("steps", steps);
    console.result(fields);
  }
}
