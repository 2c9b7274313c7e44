package dev.sotto.cli;

import dev.sotto.accounting.Accountant;
import dev.sotto.accounting.Calibration;
import dev.sotto.accounting.CutTails;
import dev.sotto.accounting.EpsilonBound;
import dev.sotto.accounting.MembershipRisk;
import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.accounting.RepeatedEvent;
import dev.sotto.base.Figures;
import dev.sotto.base.InputException;
import dev.sotto.ledger.ComposedSpending;
import dev.sotto.ledger.LedgerContents;
import dev.sotto.ledger.LedgerHeader;
import dev.sotto.ledger.LedgerReader;
import dev.sotto.plan.Privacy;
import dev.sotto.settings.Range;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code sotto account}: what ε a run costs, from its parameters or from its ledger. */
final class AccountCommand implements Command {
  private static final Setting<Double> SAMPLING_RATE =
      Setting.number(
          "sampling-rate",
          "Q",
          Range.PROBABILITY,
          "probability of each unit to be in a batch, in (0, 1]");
  private static final Setting<Double> NOISE_MULTIPLIER =
      Setting.number(
          "noise-multiplier", "Z", Range.POSITIVE, "noise standard deviation over the clip norm");
  private static final Setting<Long> STEPS =
      Setting.whole("steps", "T", 1, RepeatedEvent.MAX_COUNT, "number of steps");
  private static final Setting<Double> DELTA =
      Setting.number("delta", "D", Range.DELTA, "the delta of the guarantee");
  private static final Setting<List<Path>> LEDGER =
      Setting.paths("ledger", "FILE", "ledger.jsonl of a run; several of runs on the same data")
          .insteadOf(SAMPLING_RATE, NOISE_MULTIPLIER, STEPS, DELTA, Privacy.ACCOUNTANT);
  private static final Setting<List<Path>> ADAPTER =
      Setting.paths("adapter", "DIR", "say whether a ledger paid for this adapter; may be repeated")
          .or(List.of());

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
    return "--sampling-rate Q --noise-multiplier Z --steps T --delta D | --ledger FILE...";
  }

  @Override
  public String description() {
    return """
        For Poisson sampling, and neighbours that differ by one privacy unit more or less; from
        parameters for Gaussian noise, from a ledger for the noise that it holds. The epsilon is an
        upper bound that holds; epsilon_lower is the proven lower end of the bracket. From a ledger
        it is derived by every accountant from what was charged, a step that was interrupted
        included; a ledger that was changed, or whose noise nothing sound vouches for, is refused.
        Of a run whose noise followed its own releases (finetune --adapt-noise) epsilon is the budget,
        whatever was charged. Several ledgers are of runs on the same data; copies of one run that both
        went on are charged for each branch. With --adapter it is said whether a ledger paid for it;
        where none did, the exit code is 3.
        Beside it stands what it means to a person: how well an observer who knows all else can tell
        whether one unit took part. It follows from the whole loss distribution, or from epsilon and
        delta alone for several ledgers and for noise that followed its own releases.
        --json gives epsilon, epsilon_lower, delta, accountant, steps, membership; from parameters also
        sampling_rate, noise_multiplier; from a ledger also by_accountant, mechanism, committed, resumes,
        privacy_unit, units, seeded, controller, ledger, run, starting_adapter, release; from several
        ledgers epsilon and delta (the promises added up), epsilon_if_fixed by accountant, rests_on,
        steps, seeded, runs, membership; with --adapter also adapters.""";
  }

  @Override
  public List<Section> settings() {
    return List.of(
        Section.of(
            "From parameters", SAMPLING_RATE, NOISE_MULTIPLIER, STEPS, DELTA, Privacy.ACCOUNTANT),
        Section.of("From a ledger", LEDGER, ADAPTER),
        RiskLines.SECTION);
  }

  @Override
  public List<String> examples() {
    return List.of(
        "account --sampling-rate 0.01 --noise-multiplier 0.8 --steps 1000 --delta 1e-5",
        "account --ledger run1/ledger.jsonl",
        "account --ledger run1/ledger.jsonl --ledger run2/ledger.jsonl --adapter run2");
  }

  @Override
  public void run(Values values, Console console) {
    values.refuseAlternatives(Section.flatten(settings()));
    long candidates = values.get(RiskLines.CANDIDATES);
    if (values.has(LEDGER)) {
      List<Path> ledgers = values.get(LEDGER);
      ComposedSpending spending = ComposedSpending.read(ledgers, values.get(ADAPTER));
      if (spending.isComposition()) {
        ComposedAccount.print(spending, candidates, console);
      } else {
        fromLedger(ledgers, spending, candidates, console);
      }
      requirePaid(spending);
    } else {
      if (values.has(ADAPTER)) {
        values.get(LEDGER);
      }
      fromParameters(values, candidates, console);
    }
  }

  private static void requirePaid(ComposedSpending spending) {
    List<String> unpaid =
        spending.payments().stream()
            .filter(payment -> !payment.paid())
            .map(payment -> payment.adapter().path().toString())
            .toList();
    if (!unpaid.isEmpty()) {
      throw new AnsweredNoException(
          String.join(", ", unpaid)
              + ": not paid for by what was given; give the ledger of the run that made it, and do"
              + " not release it without one");
    }
  }

  private static void fromParameters(Values values, long candidates, Console console) {
    double q = values.get(SAMPLING_RATE);
    double z = values.get(NOISE_MULTIPLIER);
    long steps = values.get(STEPS);
    double delta = values.get(DELTA);
    Accountant accountant = Accountant.named(values.get(Privacy.ACCOUNTANT));
    PrivacyEvent event = Calibration.run(z, q, steps);
    EpsilonBound bound = InputException.ifRefused(() -> accountant.epsilon(event, delta));
    console.line(
        "epsilon at most  " + Figures.bound(bound.upper()) + "  at delta " + Figures.number(delta));
    console.line("       at least  " + Figures.lowerBound(bound.lower()));
    console.line("accountant       " + accountant.name());
    Map<String, Object> fields = fields(bound, delta, accountant.name(), steps);
    fields.put("sampling_rate", q);
    fields.put("noise_multiplier", z);
    MembershipRisk risk =
        InputException.ifRefused(
            () -> MembershipRisk.of(accountant, event, new CutTails(0), candidates));
    RiskLines.print(risk, console, fields);
    console.result(fields);
  }

  /** One run; further ledgers are copies of the first, or it of them. */
  private static void fromLedger(
      List<Path> files, ComposedSpending spending, long candidates, Console console) {
    List<Path> copies = spending.runs().get(0).copies();
    Path file = files.stream().filter(f -> !copies.contains(f)).findFirst().orElse(files.get(0));
    LedgerContents ledger = LedgerReader.read(file);
    LedgerHeader header = ledger.header();
    Map<String, Object> byAccountant = new LinkedHashMap<>();
    Map<String, EpsilonBound> bounds = new LinkedHashMap<>();
    for (Accountant accountant : header.accountants()) {
      EpsilonBound bound = InputException.ifRefused(() -> ledger.epsilon(accountant));
      bounds.put(accountant.name(), bound);
      byAccountant.put(accountant.name(), bound.upper());
      console.line(
          String.format(
                  "epsilon by %-5s at most %s", accountant.name(), Figures.bound(bound.upper()))
              + ", at least "
              + Figures.lowerBound(bound.lower()));
    }
    console.line("delta            " + Figures.number(header.delta()));
    console.line(
        "promised         epsilon "
            + Figures.number(header.targetEpsilon())
            + " by "
            + header.accountant()
            + " with "
            + header.mechanism()
            + " noise for "
            + Figures.count(header.steps())
            + " steps");
    console.line(
        "charged          "
            + Figures.count(ledger.chargedSteps())
            + " steps, "
            + Figures.count(ledger.committed())
            + " of them released; resumed "
            + ledger.resumes()
            + " times");
    console.line(
        "privacy unit     "
            + header.privacyUnit()
            + ", "
            + Figures.count(header.units())
            + " of them");
    if (header.control() != null) {
      console.line("controller       " + controller(header.control()));
    }
    if (header.seeded()) {
      console.line("NO GUARANTEE     sampling and noise came from a fixed test seed");
    }
    ComposedAccount.printBeside(spending, console);
    String accountant = header.accountant();
    EpsilonBound bound = bounds.getOrDefault(accountant, bounds.values().iterator().next());
    Map<String, Object> fields = fields(bound, header.delta(), accountant, ledger.chargedSteps());
    fields.put("by_accountant", byAccountant);
    fields.put("mechanism", header.mechanism());
    fields.put("committed", ledger.committed());
    fields.put("resumes", ledger.resumes());
    fields.put("privacy_unit", header.privacyUnit());
    fields.put("units", header.units());
    fields.put("seeded", header.seeded());
    fields.put("controller", header.control() == null ? null : header.control().name());
    fields.put("ledger", file.toString());
    fields.put("run", ledger.runId());
    fields.put("starting_adapter", header.inputs().startingAdapter());
    fields.put("release", ledger.releases());
    ComposedAccount.putAdapters(fields, spending);
    RiskLines.print(ledger.risk(candidates), console, fields);
    console.result(fields);
  }

  private static String controller(LedgerHeader.Control control) {
    return control.name()
        + (control.filterOrder() == null
            ? ", which chose clip norms at a fixed noise multiplier"
            : ", which also chose the noise, under a Renyi filter of order "
                + Figures.number(control.filterOrder()))
        + (control.startedFrom() == null
            ? ""
            : "; it started from a policy of another run, SHA-256 " + control.startedFrom());
  }

  private static Map<String, Object> fields(
      EpsilonBound bound, double delta, String accountant, long steps) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("epsilon", bound.upper());
    fields.put("epsilon_lower", bound.lower());
    fields.put("delta", delta);
    fields.put("accountant", accountant);
    fields.put("steps", steps);
    return fields;
  }
}
