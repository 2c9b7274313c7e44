package dev.sotto.accounting;

/**
 * How one joint noise multiplier z is shared between a gradient and the K + 1 statistics that ride
 * in the same subsample. The statistics, of L2 sensitivity √(K+1)/2, and the gradient are one
 * Gaussian release, with
 *
 * <pre>z^-2 = z_g^-2 + (K + 1) / (4 s^2)</pre>
 *
 * where z_g is the multiplier left to the gradient and s the statistics' standard deviation. The
 * cost of the statistics is stated as the relative rise c of the gradient's noise: z_g = z (1 + c).
 *
 * @param gradientMultiplier z_g
 * @param stddev s, on every statistic
 */
public record StatisticsNoise(double gradientMultiplier, double stddev) {
  /** Checks that both numbers are finite and above 0. */
  public StatisticsNoise {
    Checks.positive(gradientMultiplier, "noise multiplier of the gradient");
    Checks.positive(stddev, "stddev of the statistics");
  }

  /**
   * Shares a multiplier.
   *
   * @param noiseMultiplier the joint multiplier z
   * @param groups K, the number of clipping groups
   * @param relativeCost c, above 0: 0.01 raises the gradient's noise by one percent
   * @return the gradient's multiplier and the statistics' noise
   */
  public static StatisticsNoise of(double noiseMultiplier, int groups, double relativeCost) {
    Checks.positive(noiseMultiplier, "noise multiplier");
    Checks.count(groups, "number of clipping groups");
    Checks.positive(relativeCost, "relative cost of the statistics");
    double c = relativeCost;
    // 1 - (1 + c)^-2 = c (2 + c) / (1 + c)^2, which does not cancel for small c.
    double stddev =
        Math.sqrt(groups + 1.0) / 2 * noiseMultiplier * (1 + c) / Math.sqrt(c * (2 + c));
    return new StatisticsNoise(noiseMultiplier * (1 + c), stddev);
  }
}
