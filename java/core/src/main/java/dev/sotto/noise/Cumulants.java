package dev.sotto.noise;

/**
 * The cumulant function of an inverse scale at one point t: K(t) = log E[exp(t u)] and its first
 * two derivatives, which are the mean and the variance of u under the law tilted by exp(t u).
 */
record Cumulants(double logMgf, double mean, double variance) {
  static final Cumulants ZERO = new Cumulants(0, 0, 0);

  /** The cumulants of the sum of two independent terms. */
  Cumulants plus(Cumulants other) {
    return new Cumulants(logMgf + other.logMgf, mean + other.mean, variance + other.variance);
  }
}
