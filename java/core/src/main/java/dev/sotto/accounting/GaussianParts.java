package dev.sotto.accounting;

import java.util.Map;
import java.util.TreeMap;

/**
 * An event of Gaussian releases: sampled ones by multiplier, probability and count, and all
 * unsampled ones as one normal loss.
 *
 * <p><b>The ladder.</b> Parameters are rounded to 22 significant bits, away from privacy (more
 * probable, less noise, more often) for an upper end and towards it for a lower one. So epsilon is
 * computed on a ladder of parameters whose neighbours differ by at least 2^-22 of themselves, far
 * more than the errors of the computation, and does not move against a parameter by rounding. The
 * cost is less than 2^-21 of each parameter.
 */
final class GaussianParts {
  private static final int KEPT = 22;

  private final double[] multipliers;
  private final double[] probabilities;
  private final double[] counts;
  private final double variance;

  private GaussianParts(
      double[] multipliers, double[] probabilities, double[] counts, double variance) {
    this.multipliers = multipliers;
    this.probabilities = probabilities;
    this.counts = counts;
    this.variance = variance;
  }

  /**
   * Rounds an event's mechanisms.
   *
   * @param event mechanisms whose bases are all {@link GaussianBase}
   * @param upwards whether to round to higher epsilon
   */
  static GaussianParts of(Map<SampledMechanism, Long> event, boolean upwards) {
    double variance = 0;
    TreeMap<Double, TreeMap<Double, Double>> sampled = new TreeMap<>();
    for (Map.Entry<SampledMechanism, Long> entry : event.entrySet()) {
      double exact = ((GaussianBase) entry.getKey().base()).multiplier();
      double z = rounded(exact, !upwards);
      double q = Math.min(1, rounded(entry.getKey().probability(), upwards));
      double count = rounded(entry.getValue(), upwards);
      if (q == 1) {
        variance += count / z / z;
      } else {
        sampled.computeIfAbsent(z, key -> new TreeMap<>()).merge(q, count, Double::sum);
      }
    }
    int size = sampled.values().stream().mapToInt(TreeMap::size).sum();
    double[][] columns = new double[3][size];
    int i = 0;
    for (Map.Entry<Double, TreeMap<Double, Double>> byNoise : sampled.entrySet()) {
      for (Map.Entry<Double, Double> entry : byNoise.getValue().entrySet()) {
        columns[0][i] = byNoise.getKey();
        columns[1][i] = entry.getKey();
        columns[2][i++] = entry.getValue();
      }
    }
    return new GaussianParts(columns[0], columns[1], columns[2], variance);
  }

  private static double rounded(double value, boolean up) {
    double unit = Math.ulp(value) * (1L << (53 - KEPT));
    double down = Math.floor(value / unit) * unit;
    return up && down < value ? down + unit : down;
  }

  /** Number of distinct sampled releases. */
  int size() {
    return counts.length;
  }

  double multiplier(int i) {
    return multipliers[i];
  }

  double probability(int i) {
    return probabilities[i];
  }

  double count(int i) {
    return counts[i];
  }

  /** Variance v of the loss of all unsampled releases, whose mean is v/2. */
  double variance() {
    return variance;
  }

  /** The largest loss of the sampled releases when a unit is added, log 1/(1 - q) each. */
  double largestAddedLoss() {
    double sum = 0;
    for (int i = 0; i < counts.length; i++) {
      sum -= counts[i] * Math.log1p(-probabilities[i]) * (1 + 1e-12);
    }
    return sum;
  }

  /** A bound on the total variation distance that the sampled releases can make. */
  double totalVariation() {
    double sum = 0;
    for (int i = 0; i < counts.length; i++) {
      double half = 0.5 / multipliers[i];
      sum += counts[i] * probabilities[i] * (1 - 2 * NormalTail.survival(half)) * (1 + 1e-12);
    }
    return sum;
  }

  /**
   * The epsilon at which the deltas of all releases add up to delta: roughly that of the event
   * where hardly more than one release ever has a large loss.
   */
  double rareEpsilon(double delta) {
    double low = 0;
    double high = 1;
    while (summedDelta(high) > delta) {
      low = high;
      high *= 2;
    }
    while (high - low > 0.02 * high && high > 1e-6) {
      double middle = low > 0 ? Math.sqrt(low * high) : 0.1 * high;
      if (summedDelta(middle) > delta) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return high;
  }

  /** Roughly what the losses below a size add up to with probability delta. */
  double spread(double size, double delta) {
    double second = variance;
    for (int i = 0; i < counts.length; i++) {
      double z = multipliers[i];
      double q = probabilities[i];
      // E[(w - 1)^2] of these losses, the last factor being the share of exp(2 t) there.
      double below = z * Math.log1p(size / q) - 1.5 / z;
      second += counts[i] * q * q * Math.expm1(1 / z / z) * NormalTail.survival(-below);
    }
    return Math.sqrt(-2 * second * Math.log(delta));
  }

  private double summedDelta(double epsilon) {
    double sum = 0;
    for (int i = 0; i < counts.length; i++) {
      SampledMechanism release =
          new SampledMechanism(new GaussianBase(multipliers[i]), probabilities[i]);
      sum += counts[i] * release.delta(epsilon);
    }
    return sum;
  }
}
