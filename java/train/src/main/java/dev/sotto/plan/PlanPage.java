package dev.sotto.plan;

import dev.sotto.accounting.PoissonSampledEvent;
import dev.sotto.accounting.TradeOff;
import dev.sotto.report.LinePicture;
import dev.sotto.report.LinePicture.Line;
import dev.sotto.report.LinePicture.Point;
import dev.sotto.report.Report;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.DoubleStream;

/**
 * Pictures to decide by before anything is spent: how a plan would change with each of its numbers.
 */
public final class PlanPage {
  private static final double[] FACTORS = {0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4};
  private static final int RATES = 20;

  private final Account.Proven account;
  private final NoisePlan plan;

  private PlanPage(Account.Proven account) {
    this.account = account;
    plan = account.noise();
  }

  /**
   * Adds them.
   *
   * @param page of the plan
   * @param account of the plan, all of whose steps have the same noise
   * @param sized whether N is known, so that a sampling rate is a batch
   * @param parameters d; 0 where it is not known
   * @param cost of a step; empty where it was not measured
   */
  public static void add(
      Report page,
      Account.Proven account,
      boolean sized,
      long parameters,
      Optional<StepCost> cost) {
    new PlanPage(account).pictures(page, sized, parameters, cost);
  }

  private void pictures(Report page, boolean sized, long parameters, Optional<StepCost> cost) {
    RunPictures.spent(account, plan.steps())
        .ifPresent(
            spent ->
                page.section("Spending")
                    .picture(spent, "ε after each step, with the noise of this plan."));
    if (plan.isGaussian()) {
      page.section("Noise against ε")
          .picture(
              picture(
                  "Noise against ε", "ε", "noise multiplier", account.epsilon(), this::noiseFor),
              "The noise multiplier that other targets ask for, all else as planned.");
    }
    page.section("ε against steps")
        .picture(
            picture(
                "ε against steps",
                "steps",
                "ε",
                plan.steps(),
                steps -> epsilon(plan.samplingProbability(), Math.max(1, Math.round(steps)))),
            "What more or fewer steps cost with the noise of this plan.");
    double unit = sized ? plan.units() : 1;
    page.section(sized ? "ε against batch" : "ε against sampling rate")
        .picture(
            picture(
                "ε against how much is sampled",
                sized ? "expected batch" : "sampling rate",
                "ε",
                plan.samplingProbability() * unit,
                batch -> batch > unit ? Double.NaN : epsilon(batch / unit, plan.steps())),
            "What larger or smaller batches cost with the noise of this plan.");
    if (sized && parameters > 0 && plan.isGaussian()) {
      page.section("Signal to noise")
          .picture(
              picture(
                  "Signal to noise by batch",
                  "expected batch",
                  "signal / noise",
                  plan.expectedBatchSize(),
                  batch -> batch > unit ? Double.NaN : signal(batch / unit, parameters)),
              "At the target ε: an expected batch whose gradients all have norm C and point the same"
                  + " way, against the norm of the noise. Real gradients give less.");
    }
    if (sized && cost.isPresent()) {
      page.section("Hours")
          .picture(
              picture(
                  "Hours by batch",
                  "expected batch",
                  "hours",
                  plan.expectedBatchSize(),
                  batch ->
                      batch > unit ? Double.NaN : cost.get().seconds(batch, plan.steps()) / 3600),
              "All steps on this machine, if every unit is one record of full length.");
    }
    page.section("What an observer can tell").picture(tradeOff(), TOLD);
  }

  private static final String TOLD =
      "At most so many of those who took part are told, at a share of those who did not that is told"
          + " wrongly. Guessing gives the second line.";

  private static LinePicture picture(
      String title, String x, String y, double planned, DoubleUnaryOperator value) {
    List<Point> points =
        DoubleStream.of(FACTORS)
            .map(factor -> factor * planned)
            .mapToObj(at -> new Point(at, value.applyAsDouble(at)))
            .toList();
    Line chosen = new Line("planned", List.of(new Point(planned, value.applyAsDouble(planned))));
    return new LinePicture(title, x, y, List.of(new Line(y, points), chosen));
  }

  /** NaN where the target cannot be met. */
  private double noiseFor(double epsilon) {
    try {
      return new Account.Proven(plan, account.accountant(), epsilon, account.delta())
          .gaussianMultiplier();
    } catch (IllegalArgumentException e) {
      return Double.NaN;
    }
  }

  private double epsilon(double samplingProbability, long steps) {
    PoissonSampledEvent step = new PoissonSampledEvent(samplingProbability, plan.event());
    return account.accountant().epsilonUpper(step.repeated(steps), account.accountedDelta());
  }

  private double signal(double samplingProbability, long parameters) {
    NoisePlan other =
        new NoisePlan(
            new NoisePlan.Sampling(plan.units(), samplingProbability, plan.steps()),
            plan.kind(),
            plan.noiseMultiplier(),
            plan.event(),
            plan.control(),
            plan.coordinates(),
            plan.first());
    try {
      double z =
          new Account.Proven(other, account.accountant(), account.epsilon(), account.delta())
              .gaussianMultiplier();
      return other.expectedBatchSize() / (z * Math.sqrt(parameters));
    } catch (IllegalArgumentException e) {
      return Double.NaN;
    }
  }

  private LinePicture tradeOff() {
    TradeOff told =
        TradeOff.of(account.accountant(), plan.charged(plan.allSteps()), plan.cutTails());
    List<Point> rates =
        DoubleStream.iterate(0, i -> i <= RATES, i -> i + 1)
            // Closer together where few are accused.
            .map(i -> Math.max(1e-3, (i / RATES) * (i / RATES)))
            .mapToObj(rate -> new Point(rate, told.truePositiveRate(rate)))
            .toList();
    return new LinePicture(
        "True positives against false positives",
        "false positives",
        "true positives",
        List.of(
            new Line("at most", rates),
            new Line("guessing", List.of(new Point(0, 0), new Point(1, 1)))));
  }
}
