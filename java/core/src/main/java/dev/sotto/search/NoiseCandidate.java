package dev.sotto.search;

import dev.sotto.accounting.Accountant;
import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.noise.LmoNoise;
import dev.sotto.noise.NoiseLaw;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.apache.commons.math3.special.Erf;

/**
 * A noise scaled to meet a query, with what it is like on one coordinate.
 *
 * @param law which noise it is, at the scale that meets the query; of normal noise the scale stands
 *     in the release
 * @param event one release with this noise, before sampling
 * @param epsilon the epsilon of the whole run, an upper bound that holds
 * @param coordinate what it is like on one coordinate
 */
public record NoiseCandidate(
    NoiseLaw law, PrivacyEvent event, double epsilon, Coordinate coordinate) {
  /**
   * The noise Z of one coordinate. A moment that does not exist is infinite.
   *
   * @param variance E[Z^2]
   * @param meanAbsolute E|Z|
   * @param usefulness P(|Z| at most gamma)
   * @param fisherInformation of the location of the noise
   */
  public record Coordinate(
      double variance, double meanAbsolute, double usefulness, double fisherInformation) {}

  static NoiseCandidate gaussian(NoiseQuery query, double stddev, Accountant accountant) {
    GaussianEvent release =
        new GaussianEvent(List.of(new GaussianEvent.Group(query.sensitivity(), stddev)));
    return new NoiseCandidate(
        NoiseLaw.GAUSSIAN,
        release,
        accountant.epsilonUpper(query.run(release), query.delta()),
        new Coordinate(
            stddev * stddev,
            stddev * Math.sqrt(2 / Math.PI),
            Erf.erf(query.gamma() / (stddev * Math.sqrt(2))),
            1 / stddev / stddev));
  }

  static NoiseCandidate laplace(NoiseQuery query, LmoNoise noise, Accountant accountant) {
    return of(query, new NoiseLaw.Laplace(noise), noise, accountant);
  }

  static NoiseCandidate lmo(NoiseQuery query, LmoNoise noise, Accountant accountant) {
    return of(query, new NoiseLaw.Lmo(noise), noise, accountant);
  }

  private static NoiseCandidate of(
      NoiseQuery query, NoiseLaw law, LmoNoise noise, Accountant accountant) {
    PrivacyEvent release = query.event(noise);
    return new NoiseCandidate(
        law,
        release,
        accountant.epsilonUpper(query.run(release), query.delta()),
        new Coordinate(
            orInfinite(noise::variance),
            orInfinite(noise::meanAbsolute),
            noise.usefulness(query.gamma()),
            noise.fisherInformation()));
  }

  /** Which noise it is. */
  public NoiseLaw.Kind kind() {
    return law.kind();
  }

  /**
   * What the noise of one coordinate stays within.
   *
   * @param probability strictly between 0 and 1
   * @return the t with P(|Z| at most t) = probability
   */
  public double within(double probability) {
    return law.mixture()
        .map(noise -> noise.absoluteQuantile(-Math.log1p(-probability)))
        .orElseGet(() -> Math.sqrt(2 * coordinate.variance()) * Erf.erfInv(probability));
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
      case VARIANCE -> coordinate.variance();
      case ABSOLUTE -> coordinate.meanAbsolute();
      case USEFULNESS -> coordinate.usefulness();
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
