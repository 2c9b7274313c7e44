package dev.sotto.search;

import dev.sotto.accounting.Accountant;
import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.noise.LmoNoise;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.apache.commons.math3.special.Erf;

/**
 * A noise scaled to meet a query, with what it is like on one coordinate. A moment that does not
 * exist is infinite.
 *
 * @param family which noise it is
 * @param law the law of Laplace and LMO noise; null for Gaussian noise
 * @param release one release with this noise, before sampling
 * @param epsilon the epsilon of the whole run, an upper bound that holds
 * @param variance E[Z^2]
 * @param meanAbsolute E|Z|
 * @param usefulness P(|Z| at most gamma)
 * @param fisherInformation of the location of the noise
 */
public record NoiseCandidate(
    Family family,
    LmoNoise law,
    PrivacyEvent release,
    double epsilon,
    double variance,
    double meanAbsolute,
    double usefulness,
    double fisherInformation) {

  /** The kinds of noise that compete, the plainer ones first. */
  public enum Family {
    /** Normal noise. */
    GAUSSIAN,
    /** Plain Laplace noise. */
    LAPLACE,
    /** Laplace noise of random scale. */
    LMO
  }

  static NoiseCandidate gaussian(NoiseQuery query, double stddev, Accountant accountant) {
    GaussianEvent release =
        new GaussianEvent(List.of(new GaussianEvent.Group(query.sensitivity(), stddev)));
    return new NoiseCandidate(
        Family.GAUSSIAN,
        null,
        release,
        accountant.epsilonUpper(query.run(release), query.delta()),
        stddev * stddev,
        stddev * Math.sqrt(2 / Math.PI),
        Erf.erf(query.gamma() / (stddev * Math.sqrt(2))),
        1 / stddev / stddev);
  }

  static NoiseCandidate of(Family family, NoiseQuery query, LmoNoise law, Accountant accountant) {
    PrivacyEvent release = query.release(law);
    return new NoiseCandidate(
        family,
        law,
        release,
        accountant.epsilonUpper(query.run(release), query.delta()),
        orInfinite(law::variance),
        orInfinite(law::meanAbsolute),
        law.usefulness(query.gamma()),
        law.fisherInformation());
  }

  private static double orInfinite(DoubleSupplier moment) {
    try {
      return moment.getAsDouble();
    } catch (IllegalArgumentException e) {
      return Double.POSITIVE_INFINITY;
    }
  }

  /**
   * What the objective measures.
   *
   * @param objective which
   * @return the variance, the mean absolute value, or the usefulness
   */
  public double value(NoiseObjective objective) {
    return switch (objective) {
      case VARIANCE -> variance;
      case ABSOLUTE -> meanAbsolute;
      case USEFULNESS -> usefulness;
    };
  }

  /**
   * Whether this noise serves the objective better than another one.
   *
   * @param other the other
   * @param objective what is wanted
   * @param margin the relative difference below which the two count as equal
   * @return whether it does
   */
  public boolean beats(NoiseCandidate other, NoiseObjective objective, double margin) {
    double mine = value(objective);
    double theirs = other.value(objective);
    return objective == NoiseObjective.USEFULNESS
        ? mine > theirs * (1 + margin)
        : mine < theirs * (1 - margin);
  }
}
