package dev.sotto.cli;

import dev.sotto.accounting.Accountant;
import dev.sotto.base.AtomicFile;
import dev.sotto.base.Figures;
import dev.sotto.base.InputException;
import dev.sotto.plan.Account;
import dev.sotto.plan.Accounts;
import dev.sotto.plan.NoisePlan;
import dev.sotto.plan.PlanPage;
import dev.sotto.plan.Privacy;
import dev.sotto.plan.RiskRows;
import dev.sotto.plan.StepCost;
import dev.sotto.plan.TrainingOptions;
import dev.sotto.report.EpsilonChart;
import dev.sotto.report.Fact;
import dev.sotto.report.Html;
import dev.sotto.report.Item;
import dev.sotto.report.Report;
import dev.sotto.settings.Range;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code sotto plan}: what noise a target ε asks for, before any data is touched. */
final class PlanCommand implements Command {
  private static final int ROWS = 10;
  private static final long MOST_UNITS = 1_000_000_000_000L;
  private static final long MOST_PARAMETERS = 1_000_000_000_000L;

  private static final Setting<Double> EPSILON =
      Setting.number("epsilon", "E", Range.EPSILON, "target epsilon");
  private static final Setting<Double> ADVANTAGE =
      Setting.number(
              "advantage",
              "A",
              Range.ADVANTAGE,
              "instead: largest membership-inference advantage, from 0.0001 to 0.999")
          .insteadOf(EPSILON);
  private static final Setting<Long> UNITS =
      Setting.whole("units", "N", 1, MOST_UNITS, "number of privacy units in the data");
  private static final Setting<Long> PARAMETERS =
      Setting.whole(
          "parameters",
          "D",
          1,
          MOST_PARAMETERS,
          "trainable parameters: also show the signal-to-noise ratio");
  private static final Setting<Path> CHART =
      Setting.path("chart", "FILE", "also draw epsilon by step, as .png or .svg");

  private static final Setting<Path> HTML =
      Setting.path("html", "FILE", "also write a page with pictures to decide by");

  @Override
  public String name() {
    return "plan";
  }

  @Override
  public String summary() {
    return "say what noise a target epsilon needs, and what it buys, before any training";
  }

  @Override
  public String usage() {
    return "--epsilon E | --advantage A, --delta D --sampling-rate Q --steps T";
  }

  @Override
  public String description() {
    return """
        Takes either a sampling rate, or a batch size and the number of privacy units; either steps
        or epochs. The options mean what they mean to 'sotto finetune'. Laplace and lmo noise need
        --parameters: what they cost depends on the number of coordinates.
        --advantage instead asks for the noise that leaves nobody a larger advantage, true minus false
        positives in telling whether one unit took part, and gives the epsilon to ask 'sotto finetune' for.
        --model times a step of that model here, on made-up records and for ten seconds, and says how long
        all steps would take; --parameters is then its adapter's.
        --json gives membership, noise_multiplier, epsilon, epsilon_reached, delta, sampling_rate, steps,
        accountant, mechanism, noise_stddev, epsilon_by_step, and what else is known: for Gaussian
        noise rdp_noise_multiplier, for other noise gaussian_noise_multiplier and
        gaussian_noise_stddev; with --model backend, seconds_a_unit and nominal_seconds.""";
  }

  @Override
  public List<Section> settings() {
    List<Setting<?>> schedule = new ArrayList<>(TrainingOptions.SCHEDULE.settings());
    schedule.add(UNITS);
    return List.of(
        Section.of(
            "Target",
            EPSILON,
            ADVANTAGE,
            Privacy.DELTA,
            Privacy.ACCOUNTANT,
            Privacy.CLIP_NORM,
            Privacy.MECHANISM,
            Privacy.NOISE),
        new Section(TrainingOptions.SCHEDULE.title(), schedule),
        RiskLines.SECTION,
        Section.of("What it buys", PARAMETERS, CHART, HTML),
        StepCost.SECTION);
  }

  @Override
  public List<String> examples() {
    return List.of(
        "plan --epsilon 8 --delta 1e-5 --sampling-rate 0.01 --steps 1000",
        "plan --epsilon 3 --units 42000 --batch-size 512 --epochs 3 --parameters 400000"
            + " --chart plan.png --html plan.html",
        "plan --epsilon 3 --units 42000 --batch-size 512 --parameters 400000 --mechanism laplace",
        "plan --epsilon 3 --units 42000 --batch-size 512 --model smollm2 --max-length 256"
            + " --html plan.html",
        "plan --advantage 0.1 --units 42000 --batch-size 512 --epochs 3");
  }

  @Override
  public void run(Values values, Console console) {
    boolean sized = values.has(UNITS);
    if (!sized) {
      // Without N there is no batch size to divide by it, and no default δ.
      values.get(TrainingOptions.SAMPLING_RATE);
      values.get(Privacy.DELTA);
    }
    TrainingOptions training = TrainingOptions.of(values);
    values.refuseTogether(ADVANTAGE, EPSILON);
    Optional<Double> advantage = values.find(ADVANTAGE);
    Privacy privacy =
        Privacy.of(values.with(Privacy.EPSILON, advantage.isPresent() ? 1.0 : values.get(EPSILON)));
    long candidates = values.get(RiskLines.CANDIDATES);
    long units = values.find(UNITS).orElse(1L);
    Optional<StepCost> cost = cost(values, privacy);
    long parameters =
        values.find(PARAMETERS).orElseGet(() -> cost.map(StepCost::parameters).orElse(0L));
    Path chart = values.find(CHART).orElse(null);
    Optional<Path> html = values.find(HTML);
    boolean gaussian = privacy.noise().law().mixture().isEmpty();
    if (!gaussian && parameters == 0) {
      throw new InputException(
          "--parameters is missing: what "
              + privacy.noise().law().kind().word()
              + " noise costs depends on the number of coordinates; give --parameters D");
    }
    if (advantage.isPresent()) {
      Privacy asked = privacy;
      double epsilon =
          InputException.ifRefused(
              () ->
                  Accounts.epsilonForAdvantage(
                      asked, training, units, Math.max(1, parameters), advantage.get()));
      privacy = privacy.with(Privacy.EPSILON, epsilon);
    }
    Privacy chosen = privacy;
    Account.Proven account =
        InputException.ifRefused(
            () -> Accounts.flat(chosen, training, units, Math.max(1, parameters)));
    WeakPromise.note(console, account.epsilon(), account.delta());
    NoisePlan plan = account.noise();
    double stddev = gaussian ? privacy.clipNorm() * plan.noiseMultiplier() : plan.noiseStddevs()[0];
    // The chart comes first: it is the one thing that can still fail.
    if (chart != null) {
      draw(chart, account);
    }
    Report report = new Report();
    report.row(
        "target",
        "epsilon {} at delta {}, for one privacy unit more or less",
        Fact.atLeast("epsilon", account.epsilon()),
        Fact.delta("delta", account.delta()));
    report.row(
        "noise multiplier",
        "{}  ({} accountant)",
        Fact.of(
            "noise_multiplier",
            plan.noiseMultiplier(),
            Figures.noiseMultiplier(plan.noiseMultiplier())),
        Fact.of("accountant", account.accountant().name()));
    if (gaussian) {
      compareWithRenyi(account, report);
    }
    report.row(
        "noise",
        "{} on every coordinate of the clipped sum, at clip norm {}",
        Fact.of(
            "noise_stddev",
            stddev,
            Double.isInfinite(stddev)
                ? "no finite standard deviation"
                : "standard deviation " + Figures.number(stddev)),
        Fact.number("clip_norm", privacy.clipNorm()));
    if (!gaussian) {
      compareWithGaussian(account, stddev, privacy.clipNorm(), report);
    }
    report.data(
        Fact.of("mechanism", plan.kind().word()),
        Fact.atMost("epsilon_reached", account.epsilonAfter(plan.steps())));
    report.row("sampling rate", Fact.number("sampling_rate", plan.samplingProbability()));
    if (sized) {
      report.row(
          "expected batch",
          "{} of {} units",
          Fact.number("expected_batch", plan.expectedBatchSize()),
          Fact.count(null, units));
    }
    report.row("steps", Fact.count("steps", plan.steps()));
    if (parameters > 0) {
      signal(parameters, plan, stddev / privacy.clipNorm(), sized, report);
    }
    cost.ifPresent(measured -> time(measured, plan, report));
    table(account, report);
    RiskRows.add(report, account.risk(candidates));
    html.ifPresent(file -> write(file, report, account, sized, sized ? parameters : 0, cost));
    if (chart != null) {
      report.row("chart", Fact.of("chart", chart));
    }
    html.ifPresent(file -> report.row("page", Fact.of("page", file)));
    console.print(report);
  }

  /** Measured where a model is given. */
  private static Optional<StepCost> cost(Values values, Privacy privacy) {
    if (!values.has(StepCost.MODEL)) {
      StepCost.SECTION.settings().forEach(of -> values.requireWith(of, StepCost.MODEL));
      return Optional.empty();
    }
    values.requireWith(StepCost.MODEL, UNITS);
    return Optional.of(StepCost.of(values, privacy));
  }

  private static void time(StepCost cost, NoisePlan plan, Report report) {
    report.row(
        "time",
        "nominally {} for all steps, {} for a unit of one record of {} tokens",
        Fact.of(
            "nominal_seconds",
            cost.seconds(plan.expectedBatchSize(), plan.steps()),
            Figures.seconds(cost.seconds(plan.expectedBatchSize(), plan.steps()))),
        Fact.number("seconds_a_unit", cost.secondsAUnit()).in("s"),
        Fact.count(null, cost.length()));
    report.row("measured on", Fact.of("backend", cost.backend()));
  }

  /** What is printed, and pictures beside it. */
  private static void write(
      Path file,
      Report printed,
      Account.Proven account,
      boolean sized,
      long parameters,
      Optional<StepCost> cost) {
    Report page = new Report("What a run would promise");
    page.add(printed);
    PlanPage.add(page, account, sized, parameters, cost);
    AtomicFile.write(file, Html.of(page).getBytes(StandardCharsets.UTF_8));
  }

  private static void compareWithRenyi(Account.Proven account, Report report) {
    double renyi = renyiNoise(account);
    report.row(
        "Renyi would ask",
        "{}  ({} times the noise)",
        Fact.number("rdp_noise_multiplier", renyi),
        Fact.number(null, renyi / account.noise().noiseMultiplier()));
  }

  /** What the Rényi account would have cost; NaN where it cannot meet the target at all. */
  private static double renyiNoise(Account.Proven account) {
    try {
      return account.gaussianMultiplier(Accountant.rdp());
    } catch (IllegalArgumentException e) {
      return Double.NaN;
    }
  }

  private static void compareWithGaussian(
      Account.Proven account, double stddev, double clipNorm, Report report) {
    double multiplier = account.gaussianMultiplier();
    double gaussian = clipNorm * multiplier;
    report.row(
        "a Gaussian needs",
        "multiplier {}, standard deviation {}: this noise has {} times its variance",
        Fact.atMost("gaussian_noise_multiplier", multiplier),
        Fact.number("gaussian_noise_stddev", gaussian),
        Fact.number(null, stddev * stddev / (gaussian * gaussian)));
  }

  private static void signal(
      long parameters, NoisePlan plan, double relativeNoise, boolean sized, Report report) {
    double unit = 1 / (relativeNoise * Math.sqrt(parameters));
    report.row(
        "signal to noise",
        "{} for one unit: its gradient of norm C against the norm of the noise",
        Fact.number("unit_signal_to_noise", unit));
    if (sized) {
      report.row(
          "",
          "{} for an expected batch, if all its gradients point the same way",
          Fact.number("batch_signal_to_noise", unit * plan.expectedBatchSize()));
    }
  }

  private static void table(Account.Proven account, Report report) {
    Item.Table table =
        report.table(
            "epsilon_by_step", new Item.Column("step", 10), new Item.Column("epsilon spent", 9));
    long before = 0;
    for (int i = 1; i <= ROWS; i++) {
      long step = Math.round((double) account.noise().steps() * i / ROWS);
      if (step == before) {
        continue;
      }
      before = step;
      double epsilon = account.epsilonAfter(step);
      table.row(Fact.count("step", step), Fact.of("epsilon", epsilon, Figures.fixedBound(epsilon)));
    }
  }

  private static void draw(Path file, Account.Proven account) {
    NoisePlan plan = account.noise();
    new EpsilonChart(
            account.accountant(),
            plan.step(),
            plan.noiseMultiplier(),
            plan.steps(),
            account.epsilon(),
            account.accountedDelta())
        .write(file);
  }
}
