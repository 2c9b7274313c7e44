package dev.sotto.accounting;

import java.util.function.DoubleFunction;
import java.util.function.DoubleUnaryOperator;
import java.util.function.LongToDoubleFunction;

/**
 * Solves for one parameter of a run, by default a Poisson-sampled Gaussian one, such that the
 * accountant's upper epsilon meets a target. The answer is always on the safe side: the accountant
 * is asked about the very value returned, and its upper end is at or below the target.
 */
public final class Calibration {
  /** The smallest and largest noise multiplier that is searched. */
  private static final double SMALLEST_NOISE = 0.05;

  private static final double LARGEST_NOISE = 1e9;

  /** The smallest sampling probability that is searched. */
  private static final double SMALLEST_RATE = 1e-12;

  /**
   * Noise multipliers and sampling probabilities are found to this relative tolerance: changing the
   * answer by it in the unsafe direction misses the target.
   */
  public static final double TOLERANCE = 1e-4;

  private Calibration() {}

  /**
   * The event of a run of Poisson-sampled Gaussian steps.
   *
   * @param noiseMultiplier noise standard deviation over L2 sensitivity
   * @param samplingProbability q in (0, 1]
   * @param steps the number of steps
   * @return the event
   */
  public static PrivacyEvent run(double noiseMultiplier, double samplingProbability, long steps) {
    return new PoissonSampledEvent(samplingProbability, GaussianEvent.ofMultiplier(noiseMultiplier))
        .repeated(steps);
  }

  /**
   * The smallest noise multiplier whose upper epsilon is at most the target, to a relative {@link
   * #TOLERANCE}.
   *
   * @param accountant what epsilon is measured with
   * @param targetEpsilon the epsilon to meet, above 0
   * @param delta the delta of the guarantee
   * @param samplingProbability q in (0, 1]
   * @param steps the number of steps
   * @return the noise multiplier
   * @throws IllegalArgumentException if no multiplier between 0.05 and 1e9 has this as its answer
   */
  public static double noiseMultiplier(
      Accountant accountant,
      double targetEpsilon,
      double delta,
      double samplingProbability,
      long steps) {
    Checks.probability(samplingProbability, "sampling probability");
    Checks.count(steps, "number of steps");
    return noiseMultiplier(
        accountant, targetEpsilon, delta, z -> run(z, samplingProbability, steps));
  }

  /**
   * The smallest noise multiplier for which the event of a run has an upper epsilon of at most the
   * target, to a relative {@link #TOLERANCE}.
   *
   * @param accountant what epsilon is measured with
   * @param targetEpsilon the epsilon to meet, above 0
   * @param delta the delta of the guarantee
   * @param run the event of the whole run at a noise multiplier; more noise must not cost more
   * @return the noise multiplier
   * @throws IllegalArgumentException if no multiplier between 0.05 and 1e9 has this as its answer
   */
  public static double noiseMultiplier(
      Accountant accountant, double targetEpsilon, double delta, DoubleFunction<PrivacyEvent> run) {
    checkTarget(targetEpsilon, delta);
    return smallestNoise(
        z -> accountant.epsilonUpper(run.apply(z), delta),
        targetEpsilon,
        targetOf(targetEpsilon, delta),
        "epsilon");
  }

  /**
   * The smallest noise multiplier for which the event of a run lets nobody tell whether a unit took
   * part with a larger advantage than the target ({@link TradeOff#advantage}; Kulynych et al.
   * 2024), to a relative {@link #TOLERANCE}.
   *
   * @param accountant whose upper bounds count
   * @param targetAdvantage the advantage to meet, in (0, 1)
   * @param run the event of the whole run at a noise multiplier; more noise must not cost more
   * @return the noise multiplier
   * @throws IllegalArgumentException if no multiplier between 0.05 and 1e9 has this as its answer
   */
  public static double noiseMultiplierForAdvantage(
      Accountant accountant, double targetAdvantage, DoubleFunction<PrivacyEvent> run) {
    if (!(targetAdvantage > 0 && targetAdvantage < 1)) {
      throw new IllegalArgumentException(
          "an advantage to meet lies in (0, 1), got " + targetAdvantage);
    }
    double noise =
        smallestNoise(
            z -> TradeOff.of(accountant, run.apply(z)).advantageNear(targetAdvantage),
            targetAdvantage,
            "target advantage " + targetAdvantage,
            "advantage");
    // So that whoever asks for the advantage of this noise is not told a little more.
    while (TradeOff.of(accountant, run.apply(noise)).advantage() > targetAdvantage) {
      noise *= 1 + TOLERANCE;
    }
    return noise;
  }

  private static double smallestNoise(
      DoubleUnaryOperator cost, double wanted, String target, String quantity) {
    double inner = 1;
    double outer = 1;
    double innerCost = cost.applyAsDouble(inner);
    double outerCost = innerCost;
    while (outerCost > wanted) {
      inner = outer;
      innerCost = outerCost;
      outer *= 2;
      if (outer > LARGEST_NOISE) {
        throw unreachable(target, "even noise multiplier " + LARGEST_NOISE);
      }
      outerCost = cost.applyAsDouble(outer);
    }
    while (innerCost <= wanted) {
      outer = inner;
      outerCost = innerCost;
      inner /= 1.5;
      if (inner < SMALLEST_NOISE) {
        throw new IllegalArgumentException(
            target
                + " is met by a noise multiplier below "
                + SMALLEST_NOISE
                + ", which is not searched; choose a smaller "
                + quantity);
      }
      innerCost = cost.applyAsDouble(inner);
    }
    return shrink(cost, wanted, inner, innerCost, outer, outerCost);
  }

  /**
   * The largest number of steps whose upper epsilon is at most the target.
   *
   * @param accountant what epsilon is measured with
   * @param targetEpsilon the epsilon to meet, above 0
   * @param delta the delta of the guarantee
   * @param samplingProbability q in (0, 1]
   * @param noiseMultiplier noise standard deviation over L2 sensitivity
   * @return the number of steps, at most {@link RepeatedEvent#MAX_COUNT}
   * @throws IllegalArgumentException if not even one step meets the target
   */
  public static long steps(
      Accountant accountant,
      double targetEpsilon,
      double delta,
      double samplingProbability,
      double noiseMultiplier) {
    checkTarget(targetEpsilon, delta);
    PrivacyEvent step = run(noiseMultiplier, samplingProbability, 1);
    LongToDoubleFunction epsilon = t -> accountant.epsilonUpper(step.repeated(t), delta);
    if (epsilon.applyAsDouble(1) > targetEpsilon) {
      throw unreachable(
          targetOf(targetEpsilon, delta), "even a single step at this noise and sampling");
    }
    long within = 1;
    long beyond = 2;
    while (epsilon.applyAsDouble(beyond) <= targetEpsilon) {
      within = beyond;
      if (beyond == RepeatedEvent.MAX_COUNT) {
        return beyond;
      }
      beyond = Math.min(beyond * 4, RepeatedEvent.MAX_COUNT);
    }
    while (beyond - within > 1) {
      long middle = within + (beyond - within) / 2;
      if (epsilon.applyAsDouble(middle) <= targetEpsilon) {
        within = middle;
      } else {
        beyond = middle;
      }
    }
    return within;
  }

  /**
   * The largest sampling probability whose upper epsilon is at most the target, to a relative
   * {@link #TOLERANCE}; 1 if even the full data set meets it.
   *
   * @param accountant what epsilon is measured with
   * @param targetEpsilon the epsilon to meet, above 0
   * @param delta the delta of the guarantee
   * @param noiseMultiplier noise standard deviation over L2 sensitivity
   * @param steps the number of steps
   * @return the sampling probability
   * @throws IllegalArgumentException if even a probability of 1e-12 misses the target
   */
  public static double samplingProbability(
      Accountant accountant,
      double targetEpsilon,
      double delta,
      double noiseMultiplier,
      long steps) {
    checkTarget(targetEpsilon, delta);
    Checks.positive(noiseMultiplier, "noise multiplier");
    Checks.count(steps, "number of steps");
    // As a function of 1/q, epsilon falls, like it does in the noise multiplier.
    DoubleUnaryOperator epsilon =
        inverse -> accountant.epsilonUpper(run(noiseMultiplier, 1 / inverse, steps), delta);
    double inner = 1;
    double innerEpsilon = epsilon.applyAsDouble(1);
    if (innerEpsilon <= targetEpsilon) {
      return 1;
    }
    double outer = 4;
    double outerEpsilon = epsilon.applyAsDouble(outer);
    while (outerEpsilon > targetEpsilon) {
      inner = outer;
      innerEpsilon = outerEpsilon;
      outer *= 4;
      if (1 / outer < SMALLEST_RATE) {
        throw unreachable(
            targetOf(targetEpsilon, delta), "even sampling probability " + SMALLEST_RATE);
      }
      outerEpsilon = epsilon.applyAsDouble(outer);
    }
    return 1 / shrink(epsilon, targetEpsilon, inner, innerEpsilon, outer, outerEpsilon);
  }

  /**
   * Narrows a bracket with epsilon(inner) > target >= epsilon(outer) until the ends agree to the
   * tolerance, and returns the outer one. Interpolates log epsilon over log x, aiming a little to
   * the safe side so that both ends close in, and bisects whenever that stalls.
   */
  private static double shrink(
      DoubleUnaryOperator epsilon,
      double target,
      double inner,
      double innerEpsilon,
      double outer,
      double outerEpsilon) {
    double a = Math.log(inner);
    double b = Math.log(outer);
    double fa = Math.log(innerEpsilon / target);
    double fb = Math.log(outerEpsilon / target);
    for (int round = 0; b - a > TOLERANCE * 0.9; round++) {
      double middle = 0.5 * (a + b);
      if (round % 3 != 2 && fb > -20 && fa < 20) {
        double secant = a + (b - a) * fa / (fa - fb);
        double nudge = (round % 3 == 0 ? 0.4 : -0.4) * TOLERANCE;
        middle = Math.min(Math.max(secant + nudge, a + 0.4 * TOLERANCE), b - 0.4 * TOLERANCE);
      }
      double f = Math.log(epsilon.applyAsDouble(Math.exp(middle)) / target);
      if (f > 0) {
        a = middle;
        fa = f;
      } else {
        b = middle;
        fb = f;
      }
    }
    return Math.exp(b);
  }

  private static void checkTarget(double targetEpsilon, double delta) {
    Checks.positive(targetEpsilon, "target epsilon");
    Checks.delta(delta);
  }

  private static String targetOf(double targetEpsilon, double delta) {
    return "target epsilon " + targetEpsilon + " at delta " + delta;
  }

  private static IllegalArgumentException unreachable(String target, String what) {
    return new IllegalArgumentException(target + " cannot be reached: " + what + " costs more");
  }
}
