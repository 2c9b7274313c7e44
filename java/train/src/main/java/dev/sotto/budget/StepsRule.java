package dev.sotto.budget;

import dev.sotto.accounting.Accountant;
import dev.sotto.accounting.Calibration;
import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.base.Figures;
import dev.sotto.base.InputException;
import dev.sotto.ledger.LedgerContents;
import dev.sotto.ledger.LedgerHeader;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/**
 * One sampling probability, one noise multiplier and a total number of steps for all runs,
 * accounted for tightly by {@code pld} when the book is made. A run with at most this sampling and
 * at least this noise is dominated step by step (Zhu, Dong and Wang 2022, Theorem 10), whoever
 * chose it. Takes Gaussian noise. A run that ended early is charged for the steps in its ledger.
 *
 * @param samplingProbability q of every step, at most
 * @param noiseMultiplier z of every step, at least
 * @param steps of all runs together, at most
 */
public record StepsRule(double samplingProbability, double noiseMultiplier, long steps)
    implements BudgetRule {
  /** What {@link #ruleName} says. */
  public static final String NAME = "steps";

  private static final String MEASURE = NAME;

  /**
   * A ledger lets a multiplier pass that is short by rounding; the account is of this much less.
   */
  private static final double ROUNDING = 1 - 1e-12;

  /** Checks that it describes a run. */
  public StepsRule {
    Calibration.run(noiseMultiplier, samplingProbability, steps);
  }

  /**
   * The rule with the least noise that meets a budget.
   *
   * @throws IllegalArgumentException if none does
   */
  public static StepsRule least(
      double epsilon, double delta, double samplingProbability, long steps) {
    double z =
        Calibration.noiseMultiplier(Accountant.pld(), epsilon, delta, samplingProbability, steps);
    StepsRule rule = new StepsRule(samplingProbability, z, steps);
    return rule.meets(epsilon, delta)
        ? rule
        : new StepsRule(samplingProbability, z * (1 + Calibration.TOLERANCE), steps);
  }

  /** Whether all steps together are (ε, δ)-private. */
  public boolean meets(double epsilon, double delta) {
    PrivacyEvent all = Calibration.run(noiseMultiplier * ROUNDING, samplingProbability, steps);
    return Accountant.pld().epsilonUpper(all, delta) <= epsilon;
  }

  @Override
  public String ruleName() {
    return NAME;
  }

  @Override
  public String words() {
    return "steps: "
        + Figures.count(steps, "step")
        + " in all, each at sampling rate "
        + samplingProbability
        + " or less and noise multiplier "
        + noiseMultiplier
        + " or more";
  }

  @Override
  public PrivacyCost total(double epsilon, double delta) {
    return cost(steps);
  }

  @Override
  public PrivacyCost promised(LedgerHeader promise) {
    if (promise.stages().stream()
        .anyMatch(stage -> !(stage.noise().event() instanceof GaussianEvent))) {
      throw new InputException(
          "a book under the rule steps holds Gaussian noise only, and the run has "
              + promise.noise().kind().word()
              + " noise; with finetune give --mechanism gaussian, else use a book under another rule");
    }
    for (LedgerHeader.Stage stage : promise.stages()) {
      boolean first = stage == promise.sampling().first();
      if (stage.probability() > samplingProbability) {
        throw new InputException(
            (first ? "the stage of --head-first" : "the run")
                + " samples at rate "
                + stage.probability()
                + ", above the book's "
                + samplingProbability
                + "; with finetune give a smaller "
                + (first ? "--head-sampling-rate" : "--batch-size")
                + ", else use a book under another rule");
      }
      if (stage.noise().multiplier() < noiseMultiplier) {
        throw new InputException(
            (first ? "the noise multiplier of --head-first " : "the run's noise multiplier ")
                + stage.noise().multiplier()
                + " is below the book's "
                + noiseMultiplier
                + "; "
                + (first ? "give a smaller --head-first" : noiseAdvice(promise)));
      }
    }
    return cost(promise.steps());
  }

  /** What to promise so that a run of this length has the book's noise. */
  private String noiseAdvice(LedgerHeader promise) {
    if (promise.sampling().first() != null) {
      return "give a smaller --epsilon";
    }
    if (promise.control() != null && promise.control().filterOrder() != null) {
      return "the least noise that --adapt-noise may choose counts; give a smaller --epsilon";
    }
    double epsilon =
        Accountant.named(promise.target().accountant())
            .epsilonUpper(
                Calibration.run(
                    noiseMultiplier, promise.sampling().probability(), promise.sampling().steps()),
                promise.target().delta());
    return "for "
        + Figures.count(promise.sampling().steps(), "step")
        + " give --epsilon "
        + new BigDecimal(epsilon).round(new MathContext(4, RoundingMode.FLOOR)).toPlainString()
        + " or less";
  }

  @Override
  public PrivacyCost charged(LedgerContents ledger) {
    return cost(ledger.chargedSteps());
  }

  private static PrivacyCost cost(long steps) {
    return PrivacyCost.of(MEASURE, BigDecimal.valueOf(steps));
  }

  @Override
  public String advice() {
    return "give fewer --steps";
  }
}
