package dev.sotto.accounting;

/**
 * The fractional-order series of Mironov, Talwar and Zhang 2019, section 3.3, written independently
 * of the quadrature under test.
 */
final class RenyiSeries {
  private RenyiSeries() {}

  /**
   * The Renyi divergence of one Poisson-sampled Gaussian release.
   *
   * @param signed whether generalised binomial coefficients keep their sign; without it the series
   *     is an upper bound, which is what the reference accountant prints at fractional orders
   */
  static double divergence(double q, double z, double order, boolean signed) {
    double z0 = z * z * Math.log(1 / q - 1) + 0.5;
    double logCoefficient = 0;
    double sign = 1;
    double sum = 0;
    double scale = order * Math.log1p(-q);
    for (int i = 0; i < 2000; i++) {
      double j = order - i;
      double left =
          logCoefficient
              + j * Math.log1p(-q)
              + i * Math.log(q)
              + (i * (double) i - i) / (2 * z * z)
              + NormalTail.logSurvival((i - z0) / z);
      double right =
          logCoefficient
              + i * Math.log1p(-q)
              + j * Math.log(q)
              + (j * j - j) / (2 * z * z)
              + NormalTail.logSurvival((z0 - j) / z);
      double weight = signed ? sign : 1;
      sum += weight * (Math.exp(left - scale) + Math.exp(right - scale));
      if (i > order && Math.max(left, right) < scale + Math.log(Math.abs(sum)) - 45) {
        break;
      }
      logCoefficient += Math.log(Math.abs(order - i)) - Math.log(i + 1);
      if (order - i < 0) {
        sign = -sign;
      }
    }
    return (Math.log(sum) + scale) / (order - 1);
  }
}
