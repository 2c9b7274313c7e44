package dev.sotto.cli;

import dev.sotto.accounting.Accountant;
import dev.sotto.base.Figures;
import dev.sotto.base.InputException;
import dev.sotto.plan.Account;
import dev.sotto.plan.Accounts;
import dev.sotto.plan.NoisePlan;
import dev.sotto.plan.Privacy;
import dev.sotto.plan.TrainingOptions;
import dev.sotto.report.EpsilonChart;
import dev.sotto.settings.Range;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code sotto plan}: what noise a target ε asks for, before any data is touched. */
final class PlanCommand implements Command {
  private static final int ROWS = 10;
  private static final long MOST_UNITS = 1_000_000_000_000L;
  private static final long MOST_PARAMETERS = 1_000_000_000_000L;

  private static final Setting<Double> EPSILON =
      Setting.number("epsilon", "E", Range.POSITIVE, "target epsilon");
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
        --json gives membership, noise_multiplier, epsilon, epsilon_reached, delta, sampling_rate, steps,
        accountant, mechanism, noise_stddev, epsilon_by_step, and what else is known: for Gaussian
        noise rdp_noise_multiplier, for other noise gaussian_noise_multiplier and
        gaussian_noise_stddev.""";
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
        Section.of("What it buys", PARAMETERS, CHART));
  }

  @Override
  public List<String> examples() {
    return List.of(
        "plan --epsilon 8 --delta 1e-5 --sampling-rate 0.01 --steps 1000",
        "plan --epsilon 3 --units 42000 --batch-size 512 --epochs 3 --parameters 400000"
            + " --chart plan.png",
        "plan --epsilon 3 --units 42000 --batch-size 512 --parameters 400000 --mechanism laplace",
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
    long parameters = values.find(PARAMETERS).orElse(0L);
    Path chart = values.find(CHART).orElse(null);
    boolean gaussian = privacy.noise().law() == null;
    if (!gaussian && parameters == 0) {
      throw new InputException(
          "--parameters is missing: what "
              + privacy.noise().mechanism()
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
    NoisePlan plan = account.noise();
    double stddev = gaussian ? privacy.clipNorm() * plan.noiseMultiplier() : plan.noiseStddevs()[0];
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("mechanism", plan.mechanism());
    fields.put("noise_multiplier", plan.noiseMultiplier());
    fields.put("epsilon", account.epsilon());
    fields.put("epsilon_reached", account.epsilonAfter(plan.steps()));
    fields.put("delta", account.delta());
    fields.put("sampling_rate", plan.samplingProbability());
    fields.put("steps", plan.steps());
    fields.put("accountant", account.accountant().name());
    fields.put("clip_norm", privacy.clipNorm());
    fields.put("noise_stddev", stddev);
    // The chart comes first: it is the one thing that can still fail.
    if (chart != null) {
      draw(chart, account);
      fields.put("chart", chart.toString());
    }
    console.line(
        "target            epsilon "
            + Figures.lowerBound(account.epsilon())
            + " at delta "
            + Figures.number(account.delta())
            + ", for one privacy unit more or less");
    console.line(
        "noise multiplier  "
            + Figures.noiseMultiplier(plan.noiseMultiplier())
            + "  ("
            + account.accountant().name()
            + " accountant)");
    if (gaussian) {
      compareWithRenyi(account, console, fields);
    }
    console.line(
        "noise             "
            + (Double.isInfinite(stddev)
                ? "no finite standard deviation"
                : "standard deviation " + Figures.number(stddev))
            + " on every coordinate of the clipped sum, at clip norm "
            + Figures.number(privacy.clipNorm()));
    if (!gaussian) {
      compareWithGaussian(account, stddev, privacy.clipNorm(), console, fields);
    }
    console.line("sampling rate     " + Figures.number(plan.samplingProbability()));
    if (sized) {
      fields.put("expected_batch", plan.expectedBatchSize());
      console.line(
          "expected batch    "
              + Figures.number(plan.expectedBatchSize())
              + " of "
              + Figures.count(units)
              + " units");
    }
    console.line("steps             " + Figures.count(plan.steps()));
    if (parameters > 0) {
      signal(parameters, plan, stddev / privacy.clipNorm(), sized, console, fields);
    }
    table(account, console, fields);
    RiskLines.print(account.risk(candidates), console, fields);
    if (chart != null) {
      console.line("");
      console.line("chart             " + chart);
    }
    console.result(fields);
  }

  private static void compareWithRenyi(
      Account.Proven account, Console console, Map<String, Object> fields) {
    double renyi = renyiNoise(account);
    fields.put("rdp_noise_multiplier", renyi);
    console.line(
        "Renyi would ask   "
            + Figures.number(renyi)
            + "  ("
            + Figures.number(renyi / account.noise().noiseMultiplier())
            + " times the noise)");
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
      Account.Proven account,
      double stddev,
      double clipNorm,
      Console console,
      Map<String, Object> fields) {
    double multiplier = account.gaussianMultiplier();
    double gaussian = clipNorm * multiplier;
    fields.put("gaussian_noise_multiplier", multiplier);
    fields.put("gaussian_noise_stddev", gaussian);
    console.line(
        "a Gaussian needs  multiplier "
            + Figures.bound(multiplier)
            + ", standard deviation "
            + Figures.number(gaussian)
            + ": this noise has "
            + Figures.number(stddev * stddev / (gaussian * gaussian))
            + " times its variance");
  }

  private static void signal(
      long parameters,
      NoisePlan plan,
      double relativeNoise,
      boolean sized,
      Console console,
      Map<String, Object> fields) {
    double unit = 1 / (relativeNoise * Math.sqrt(parameters));
    fields.put("unit_signal_to_noise", unit);
    console.line(
        "signal to noise   "
            + Figures.number(unit)
            + " for one unit: its gradient of norm C against the norm of the noise");
    if (sized) {
      double batch = unit * plan.expectedBatchSize();
      fields.put("batch_signal_to_noise", batch);
      console.line(
          "                  "
              + Figures.number(batch)
              + " for an expected batch, if all its gradients point the same way");
    }
  }

  private static void table(Account.Proven account, Console console, Map<String, Object> fields) {
    console.line("");
    console.line("      step   epsilon spent");
    List<Map<String, Object>> rows = new ArrayList<>();
    long before = 0;
    for (int i = 1; i <= ROWS; i++) {
      long step = Math.round((double) account.noise().steps() * i / ROWS);
      if (step == before) {
        continue;
      }
      before = step;
      double epsilon = account.epsilonAfter(step);
      console.line(String.format("%10s   %8s", Figures.count(step), Figures.fixedBound(epsilon)));
      rows.add(Map.of("step", step, "epsilon", epsilon));
    }
    fields.put("epsilon_by_step", rows);
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
