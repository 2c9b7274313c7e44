package dev.sotto.accounting;

/** Exact values of Gaussian differential privacy, to hold accountants against. */
final class GaussianDp {
  private GaussianDp() {}

  /**
   * The epsilon of mu-Gaussian differential privacy at a delta (Dong, Roth and Su 2022, Corollary
   * 2.13).
   */
  static double epsilon(double mu, double delta) {
    SampledMechanism mechanism = new SampledMechanism(new GaussianBase(1 / mu), 1);
    return SingleRelease.epsilon(mechanism, delta).upper();
  }
}
