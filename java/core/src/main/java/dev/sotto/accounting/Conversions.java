package dev.sotto.accounting;

/** Between Gaussian differential privacy, zero-concentrated privacy and (epsilon, delta). */
public final class Conversions {
  private Conversions() {}

  /**
   * The mu of Gaussian differential privacy that unsampled Gaussian noise gives.
   *
   * @param noiseMultiplier standard deviation over L2 sensitivity
   * @return 1 / z (Dong, Roth and Su 2022, Theorem 2.7)
   */
  public static double gaussianDp(double noiseMultiplier) {
    return 1 / Checks.positive(noiseMultiplier, "noise multiplier");
  }

  /**
   * The delta of mu-Gaussian differential privacy at an epsilon, exactly.
   *
   * @param mu above 0
   * @param epsilon at least 0
   * @return delta (Dong, Roth and Su 2022, Corollary 2.13; Balle and Wang 2018, Theorem 8)
   */
  public static double gaussianDpDelta(double mu, double epsilon) {
    if (!(epsilon >= 0)) {
      throw new IllegalArgumentException("epsilon must be at least 0, got " + epsilon);
    }
    return new GaussianBase(1 / Checks.positive(mu, "mu")).hockeyStick(epsilon);
  }

  /**
   * The epsilon of mu-Gaussian differential privacy at a delta, exactly.
   *
   * @param mu above 0
   * @param delta the delta of the guarantee
   * @return epsilon
   */
  public static double gaussianDpEpsilon(double mu, double delta) {
    Checks.delta(delta);
    GaussianBase mechanism = new GaussianBase(1 / Checks.positive(mu, "mu"));
    return SingleRelease.epsilon(new SampledMechanism(mechanism, 1), delta).upper();
  }

  /**
   * The rho of zero-concentrated privacy that unsampled Gaussian noise gives.
   *
   * @param noiseMultiplier standard deviation over L2 sensitivity
   * @return 1 / (2 z^2) (Bun and Steinke 2016, Proposition 1.6)
   */
  public static double zeroConcentrated(double noiseMultiplier) {
    double mu = gaussianDp(noiseMultiplier);
    return 0.5 * mu * mu;
  }

  /**
   * The epsilon of rho-zero-concentrated privacy at a delta, through its Renyi divergence rho times
   * the order at the best order (Canonne, Kamath and Steinke 2020, Corollary 13).
   *
   * @param rho above 0
   * @param delta the delta of the guarantee
   * @return epsilon
   */
  public static double zeroConcentratedEpsilon(double rho, double delta) {
    Checks.positive(rho, "rho");
    return new RdpAccountant()
        .epsilonUpper(GaussianEvent.ofMultiplier(Math.sqrt(0.5 / rho)), delta);
  }
}
