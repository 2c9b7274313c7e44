package dev.sotto.accounting;

/**
 * Tail probabilities of the standard normal law with small relative error, also far out where a
 * plain 1 - cdf has none left.
 */
final class NormalTail {
  private static final double SQRT_HALF = Math.sqrt(0.5);
  private static final double LOG_SQRT_2PI = 0.5 * Math.log(2 * Math.PI);

  private NormalTail() {}

  /** The density at x. */
  static double density(double x) {
    return Math.exp(-0.5 * x * x - LOG_SQRT_2PI);
  }

  /** P(Z > x), relative error below 1e-14 wherever the result is a normal double. */
  static double survival(double x) {
    return x < 0 ? 1 - survival(-x) : density(x) * mills(x);
  }

  /** log P(Z > x). */
  static double logSurvival(double x) {
    return x < 0 ? Math.log1p(-survival(-x)) : Math.log(mills(x)) - 0.5 * x * x - LOG_SQRT_2PI;
  }

  /** The Mills ratio P(Z > x) / density(x) for x >= 0. */
  static double mills(double x) {
    return Math.sqrt(Math.PI / 2) * scaledErfc(x * SQRT_HALF);
  }

  /**
   * exp(x^2) erfc(x) for x >= 0. Below 1 from the series erf(x) = 2/sqrt(pi) exp(-x^2) sum 2^k
   * x^(2k+1) / (2k+1)!!, whose terms are all positive; above from the continued fraction of Laplace
   * evaluated backwards, with enough levels that its error is below one rounding.
   */
  private static double scaledErfc(double x) {
    if (x < 1) {
      double term = x;
      double sum = x;
      for (int k = 1; term > sum * 1e-18; k++) {
        term *= 2 * x * x / (2 * k + 1);
        sum += term;
      }
      return Math.exp(x * x) - 2 / Math.sqrt(Math.PI) * sum;
    }
    int levels = 30 + (int) (200 / (x * x));
    double tail = x;
    for (int k = levels; k >= 1; k--) {
      tail = x + 0.5 * k / tail;
    }
    return 1 / (Math.sqrt(Math.PI) * tail);
  }
}
