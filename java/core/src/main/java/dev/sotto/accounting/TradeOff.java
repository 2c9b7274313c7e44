package dev.sotto.accounting;

import java.util.HashMap;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;

/**
 * What an observer can at best tell from a release: the trade-off between false positives (taking
 * the unit for present when it is absent) and true positives (when it is present), bounded from
 * above.
 *
 * <p>Under (e, d)-differential privacy a test with false positive rate a has a true positive rate
 * of at most exp(e) a + d, and of at most 1 - exp(-e) (1 - a - d). An event has a whole curve of
 * such guarantees, and the least bound over the curve is one minus its trade-off function
 * (Wasserman and Zhou 2010; Dong, Roth and Su 2022). Every point gives a bound that holds, so the
 * search along the curve affects tightness alone. The docs' privacy-model.md has the proofs.
 */
public final class TradeOff {
  private static final double SMALLEST = 1e-9;
  private static final double LARGEST = 0.9999;

  /** The bounds are flat around the best delta, whose odds are found to this share. */
  private static final double TOLERANCE = 0.02;

  /** An epsilon and its delta, and what they bound. */
  private interface Bound {
    double at(double epsilon, double delta);
  }

  private final DoubleUnaryOperator epsilon;
  private final double only;
  private final double variation;
  private final Map<Double, Double> known = new HashMap<>();

  private TradeOff(DoubleUnaryOperator epsilon, double only, double variation) {
    this.epsilon = epsilon;
    this.only = only;
    this.variation = variation;
  }

  /**
   * From every guarantee that an event has. Its parameters must not have depended on its releases.
   *
   * @param accountant whose upper bounds count
   * @param event what is released
   * @return the trade-off
   */
  public static TradeOff of(Accountant accountant, PrivacyEvent event) {
    return of(accountant, event, new CutTails(0));
  }

  /**
   * The same where the noise was drawn with its tails cut: both rates are off by no more than the
   * total variation.
   *
   * @param accountant whose upper bounds count
   * @param event what is released
   * @param tails what is cut
   * @return the trade-off
   */
  public static TradeOff of(Accountant accountant, PrivacyEvent event, CutTails tails) {
    return new TradeOff(
        delta -> accountant.epsilonUpper(event, delta), Double.NaN, tails.variation());
  }

  /**
   * From one guarantee alone, for what has no curve: a filter's budget, a sum of promises.
   *
   * @param epsilon the epsilon, at least 0
   * @param delta its delta, in [0, 1)
   * @return the trade-off
   */
  public static TradeOff ofGuarantee(double epsilon, double delta) {
    if (!(epsilon >= 0) || !(delta >= 0 && delta < 1)) {
      throw new IllegalArgumentException(
          "a guarantee needs epsilon >= 0 and 0 <= delta < 1, got " + epsilon + " and " + delta);
    }
    return new TradeOff(d -> epsilon, delta, 0);
  }

  /**
   * The largest difference between true and false positive rate: how much better than a coin an
   * observer can tell whether a unit took part.
   *
   * @return an upper bound, in [0, 1]
   */
  public double advantage() {
    return advantage(SMALLEST, LARGEST);
  }

  /**
   * The same, of no use but to compare it with a target: the guarantee that shows the target to be
   * met has a delta just below it, since the advantage is delta at an epsilon of 0.
   */
  double advantageNear(double target) {
    return advantage(target / 2, target);
  }

  private double advantage(double from, double to) {
    // Where the two lines of a guarantee meet.
    Bound bound = (e, d) -> Math.tanh(e / 2) + 2 * d / (Math.exp(e) + 1);
    return up(least(bound, from, to) + 2 * variation);
  }

  /**
   * The largest true positive rate at a false positive rate.
   *
   * @param falsePositiveRate in [0, 1]
   * @return an upper bound, in [falsePositiveRate, 1]
   */
  public double truePositiveRate(double falsePositiveRate) {
    if (!(falsePositiveRate >= 0 && falsePositiveRate <= 1)) {
      throw new IllegalArgumentException(
          "a false positive rate lies in [0, 1], got " + falsePositiveRate);
    }
    double a = Math.min(1, falsePositiveRate + variation);
    Bound bound =
        (e, d) -> {
          double steep = a == 0 ? d : Math.exp(e) * a + d;
          return Math.min(steep, 1 - Math.exp(-e) * (1 - a - d));
        };
    return Math.max(falsePositiveRate, up(least(bound, SMALLEST, LARGEST) + variation));
  }

  /**
   * The probability of picking the one of n candidates that took part, all of them equally likely
   * beforehand: the true positive rate at a false positive rate of 1/n.
   *
   * @param candidates n, at least 2
   * @return an upper bound, in [1/n, 1]
   */
  public double picking(long candidates) {
    if (candidates < 2) {
      throw new IllegalArgumentException("picking needs at least 2 candidates, got " + candidates);
    }
    return truePositiveRate(1.0 / candidates);
  }

  /**
   * The least bound on a piece of the curve. It falls and then rises; where an epsilon is too large
   * to say anything it stands still before it falls.
   */
  private double least(Bound bound, double smallest, double largest) {
    if (!Double.isNaN(only)) {
      return up(bound.at(epsilon.applyAsDouble(only), only));
    }
    double[] best = {Double.POSITIVE_INFINITY};
    GoldenSection.narrowed(
        y -> {
          double d = 1 / (1 + Math.exp(-y));
          double value = bound.at(known.computeIfAbsent(d, epsilon::applyAsDouble), d);
          best[0] = Math.min(best[0], value);
          return value;
        },
        logOdds(smallest),
        logOdds(largest),
        TOLERANCE);
    return up(best[0]);
  }

  private static double logOdds(double probability) {
    return Math.log(probability / (1 - probability));
  }

  /** A few roundings of the last operations, upwards, and a probability. */
  private static double up(double value) {
    return Math.min(1, value * (1 + 1e-14) + 1e-15);
  }
}
