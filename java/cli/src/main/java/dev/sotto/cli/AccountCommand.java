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
import dev.sotto.plan.RiskRows;
import dev.sotto.report.Fact;
import dev.sotto.report.Report;
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
          Range.SAMPLING_RATE,
          "probability of each unit to be in a batch, in (0, 1]");
  private static final Setting<Double> NOISE_MULTIPLIER =
      Setting.number(
          "noise-multiplier",
          "Z",
          Range.NOISE_MULTIPLIER,
          "noise standard deviation over the clip norm");
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
    WeakPromise.noteDelta(console, delta);
    Report report = new Report();
    report.row(
        "epsilon at most",
        "{}  at delta {}",
        Fact.atMost("epsilon", bound.upper()),
        Fact.delta("delta", delta));
    report.row("at least", Fact.atLeast("epsilon_lower", bound.lower()));
    report.row("accountant", Fact.of("accountant", accountant.name()));
    report.data(
        Fact.count("steps", steps),
        Fact.number("sampling_rate", q),
        Fact.number("noise_multiplier", z));
    RiskRows.add(
        report,
        InputException.ifRefused(
            () -> MembershipRisk.of(accountant, event, new CutTails(0), candidates)));
    console.print(report);
  }

  /** One run; further ledgers are copies of the first, or it of them. */
  private static void fromLedger(
      List<Path> files, ComposedSpending spending, long candidates, Console console) {
    List<Path> copies = spending.runs().get(0).copies();
    Path file = files.stream().filter(f -> !copies.contains(f)).findFirst().orElse(files.get(0));
    LedgerContents ledger = LedgerReader.read(file);
    LedgerHeader header = ledger.header();
    Report report = new Report();
    if (header.seeded()) {
      report.row("NO GUARANTEE", "sampling and noise came from a fixed test seed");
    }
    bounds(ledger, report);
    if (header.inputs().labelsFromPrivateData()) {
      report.row(
          "not covered", "which classes there are: their names were read from private records");
    }
    report.row("delta", Fact.delta("delta", header.target().delta()));
    report.row(
        "promised",
        "epsilon {} by {} with {} noise for {}",
        Fact.atMost(null, header.target().epsilon()),
        Fact.of("accountant", header.target().accountant()),
        Fact.of("mechanism", header.noise().kind().word()),
        Fact.count(null, header.steps(), "step"));
    firstStage(header, report);
    report.row(
        "charged",
        "{}, {} of them released; resumed {}",
        Fact.count("steps", ledger.chargedSteps(), "step"),
        Fact.count("committed", ledger.committed()),
        Fact.count("resumes", ledger.resumes(), "time"));
    report.row(
        "privacy unit",
        "{}, {} of them",
        Fact.of("privacy_unit", header.neighbours().unit()),
        Fact.count("units", header.neighbours().units()));
    LedgerHeader.Control control = header.control();
    if (control == null) {
      report.data(Fact.of("controller", null));
    } else {
      report.row("controller", Fact.of("controller", control.name(), controller(control)));
    }
    report.data(
        Fact.of("seeded", header.seeded()),
        Fact.of("ledger", file),
        Fact.of("run", ledger.runId()),
        Fact.of("starting_adapter", header.inputs().startingAdapter()),
        Fact.of("release", ledger.releases(), ""));
    ComposedAccount.addBeside(report, spending);
    RiskRows.add(report, ledger.risk(candidates));
    console.print(report);
  }

  private static void firstStage(LedgerHeader header, Report report) {
    LedgerHeader.Stage first = header.sampling().first();
    if (first != null) {
      report.row(
          "head first",
          "{} of them at sampling rate {} with noise multiplier {}, then {} at {} with {}",
          Fact.count("head_steps", first.steps()),
          Fact.number(null, first.probability()),
          Fact.number(null, first.noise().multiplier()),
          Fact.count(null, header.sampling().steps()),
          Fact.number(null, header.sampling().probability()),
          Fact.number(null, header.noise().multiplier()));
    }
  }

  /** What each accountant says; the first figures are those of the one that promised, if it may. */
  private static void bounds(LedgerContents ledger, Report report) {
    LedgerHeader header = ledger.header();
    Map<String, EpsilonBound> bounds = new LinkedHashMap<>();
    for (Accountant accountant : header.accountants()) {
      bounds.put(accountant.name(), InputException.ifRefused(() -> ledger.epsilon(accountant)));
    }
    EpsilonBound own =
        bounds.getOrDefault(header.target().accountant(), bounds.values().iterator().next());
    report.data(Fact.atMost("epsilon", own.upper()), Fact.atLeast("epsilon_lower", own.lower()));
    Report byAccountant = report.section("by_accountant", "");
    bounds.forEach(
        (name, bound) ->
            byAccountant.row(
                "epsilon by " + name,
                "at most {}, at least {}",
                Fact.atMost(name, bound.upper()),
                Fact.atLeast(null, bound.lower())));
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
}
