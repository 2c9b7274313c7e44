package dev.sotto.accounting;

/**
 * Mass on the points (low + j) step of the privacy-loss axis, j = 0, 1, ...; the total may be below
 * 1, the rest being accounted for elsewhere.
 *
 * @param low index of the first point
 * @param step distance of the points
 * @param mass the masses
 */
record LossMass(int low, double step, double[] mass) {

  /** Index of the last point. */
  int high() {
    return low + mass.length - 1;
  }

  /** The same masses at the negated points. */
  LossMass reversed() {
    double[] turned = new double[mass.length];
    for (int j = 0; j < turned.length; j++) {
      turned[j] = mass[mass.length - 1 - j];
    }
    return new LossMass(-high(), step, turned);
  }

  /**
   * log of sum mass_j exp(theta x_j), by Horner's rule on four interleaved polynomials so that the
   * additions overlap; rescaled on the way so that nothing overflows. All terms are non-negative,
   * so the relative error of the sum is below 2 length 2^-53.
   */
  double logMoment(double theta) {
    double r = Math.exp(theta * step);
    double r4 = r * r * r * r;
    if (!(r4 > 1e-60 && r4 < 1e60)) {
      return logMomentWide(theta);
    }
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    double scale = 1;
    double logScale = 0;
    int top = (mass.length - 1) / 4 * 4;
    for (int j = top; j >= 0; j -= 4) {
      a = a * r4 + scale * mass[j];
      b = b * r4 + scale * (j + 1 < mass.length ? mass[j + 1] : 0);
      c = c * r4 + scale * (j + 2 < mass.length ? mass[j + 2] : 0);
      d = d * r4 + scale * (j + 3 < mass.length ? mass[j + 3] : 0);
      if (a + b + c + d > 1e150) {
        a *= 1e-150;
        b *= 1e-150;
        c *= 1e-150;
        d *= 1e-150;
        scale *= 1e-150;
        logScale += 150 * Math.log(10);
      }
    }
    return Math.log(a + r * (b + r * (c + r * d))) + logScale + theta * step * low;
  }

  /** The same for a tilt so strong that neighbouring terms differ by tens of orders. */
  private double logMomentWide(double theta) {
    double scale = Double.NEGATIVE_INFINITY;
    double sum = 0;
    for (int j = 0; j < mass.length; j++) {
      double term = Math.log(mass[j]) + theta * step * (low + j);
      if (term > scale) {
        sum = sum * Math.exp(scale - term) + 1;
        scale = term;
      } else if (mass[j] > 0) {
        sum += Math.exp(term - scale);
      }
    }
    return scale + Math.log(sum);
  }

  /** The variance of the index under the masses scaled to total 1. */
  double indexVariance() {
    double total = 0;
    double first = 0;
    double second = 0;
    for (int j = 0; j < mass.length; j++) {
      total += mass[j];
      first += mass[j] * (low + j);
      second += mass[j] * (low + j) * (low + j);
    }
    double mean = first / total;
    return Math.max(0, second / total - mean * mean);
  }

  /** mass_j exp(theta x_j - logMoment): a probability vector. */
  double[] tilted(double theta, double logMoment) {
    double[] result = new double[mass.length];
    for (int j = 0; j < result.length; j++) {
      if (mass[j] > 0) {
        double exponent = theta * step * (low + j) - logMoment;
        // exp alone could overflow where the mass is tiny.
        result[j] =
            exponent < 600 ? mass[j] * Math.exp(exponent) : Math.exp(exponent + Math.log(mass[j]));
      }
    }
    return result;
  }
}
