package dev.sotto.accounting;

/**
 * The Renyi divergence of one Poisson-sampled release, from A(a) = E_p0[(1 - q + q p1/p0)^a] as rho
 * = log A / (a - 1). Removing a unit dominates adding one (Mironov, Talwar and Zhang 2019, Theorem
 * 5).
 */
final class RenyiMoments {
  /** Fractional orders that would need a longer quadrature are bounded by convexity instead. */
  private static final double MOST_POINTS = 200_000;

  private RenyiMoments() {}

  /** The Renyi divergence at an order above 1. */
  static double divergence(SampledMechanism mechanism, double order) {
    double q = mechanism.probability();
    if (q == 1) {
      return mechanism.base().renyi(order);
    }
    return logMoment(mechanism.base(), q, order) / (order - 1);
  }

  /** Roughly how many terms {@link #divergence} sums. */
  static double terms(SampledMechanism mechanism, double order) {
    if (mechanism.probability() == 1) {
      return 1;
    }
    return mechanism.base() instanceof GaussianBase gaussian
        ? Math.min(order, points(gaussian.multiplier(), order))
        : order;
  }

  private static double logMoment(BaseMechanism base, double q, double order) {
    double floor = Math.floor(order);
    if (base instanceof GaussianBase gaussian) {
      double points = points(gaussian.multiplier(), order);
      if (floor == order ? points < order : points < MOST_POINTS) {
        return gaussianMoment(gaussian.multiplier(), q, order);
      }
    }
    if (floor == order) {
      return integerMoment(base, q, (long) order);
    }
    // log A is convex in the order with log A(1) = 0, so the chord between integers is above it.
    double left = floor == 1 ? 0 : integerMoment(base, q, (long) floor);
    double right = integerMoment(base, q, (long) floor + 1);
    return left + (order - floor) * (right - left);
  }

  /**
   * Integer orders: A - 1 = sum over k from 2 of C(a,k) (1-q)^(a-k) q^k (exp((k-1) R_k) - 1). The
   * binomial weights alone sum to 1 and the terms k = 0, 1 vanish, so every term is positive and a
   * tiny divergence keeps its relative precision.
   */
  private static double integerMoment(BaseMechanism base, double q, long order) {
    double logOdds = Math.log(q) - Math.log1p(-q);
    double logBinomial = order * Math.log1p(-q);
    double scale = Double.NEGATIVE_INFINITY;
    double sum = 0;
    for (long k = 1; k <= order; k++) {
      logBinomial += Math.log((double) (order - k + 1) / k) + logOdds;
      if (k < 2) {
        continue;
      }
      double exponent = (k - 1) * base.renyi(k);
      double term =
          logBinomial
              + (exponent < 1 ? Math.log(Math.expm1(exponent)) : exponent + log1mExp(exponent));
      if (term > scale) {
        sum = sum * Math.exp(scale - term) + 1;
        scale = term;
      } else {
        sum += Math.exp(term - scale);
      }
    }
    return log1pExp(scale + Math.log(sum));
  }

  private static double log1mExp(double exponent) {
    return Math.log1p(-Math.exp(-exponent));
  }

  private static double log1pExp(double exponent) {
    return exponent > 40 ? exponent : Math.log1p(Math.exp(exponent));
  }

  /**
   * Any order for the Gaussian: A - 1 is the integral of p0(x) (w^a - 1 - a (w - 1)) with w = 1 - q
   * + q exp((2x - 1) / (2 z^2)); the subtracted part integrates to 0 and makes the integrand
   * non-negative (Bernoulli), so nothing cancels. The trapezoid rule converges exponentially in the
   * width of the strip where the integrand is analytic, |Im x| below pi z^2: with step s its
   * relative error is below exp(-2 pi b / s + b^2 / (2 z^2)) for any b below that width. The step
   * below puts it under 1e-15. (The series with erfc of the same paper, section 3.3, gives the same
   * number and is what the tests compare against; it loses relative precision when A is close to
   * 1.)
   */
  private static double gaussianMoment(double z, double q, double order) {
    double step = step(z);
    double from = -13 * z;
    long points = (long) points(z, order);
    double scale = Double.NEGATIVE_INFINITY;
    double sum = 0;
    double logNorm = Math.log(step / (z * Math.sqrt(2 * Math.PI)));
    for (long i = 0; i <= points; i++) {
      double x = from + i * step;
      double t = (x - 0.5) / z / z;
      double logDensity = logNorm - 0.5 * (x / z) * (x / z);
      double term = logDensity + logExcess(q, t, order);
      if (term > scale) {
        sum = sum * Math.exp(scale - term) + 1;
        scale = term;
      } else if (term > scale - 45) {
        sum += Math.exp(term - scale);
      }
    }
    return log1pExp(scale + Math.log(sum));
  }

  private static double step(double z) {
    return Math.min(z / 6, 0.4 * z * z);
  }

  private static double points(double z, double order) {
    return Math.ceil((order + 26 * z) / step(z));
  }

  /** log of w^a - 1 - a (w - 1), for w = 1 + y with y = q (exp(t) - 1). */
  private static double logExcess(double q, double t, double order) {
    double logW = t > 30 ? t + Math.log(q + (1 - q) * Math.exp(-t)) : Math.log1p(q * Math.expm1(t));
    double y = t > 30 ? Double.POSITIVE_INFINITY : q * Math.expm1(t);
    double grown = order * logW;
    if (Math.abs(order * y) < 0.05) {
      double term = 0.5 * order * (order - 1) * y * y;
      double sum = term;
      for (int k = 3; Math.abs(term) > 1e-17 * Math.abs(sum); k++) {
        term *= (order - k + 1) / k * y;
        sum += term;
      }
      return Math.log(sum);
    }
    if (grown < 300 && y < 1e100) {
      return Math.log(Math.max(0, Math.expm1(grown) - order * y));
    }
    double linear = Math.log(order) + logW;
    return grown + Math.log1p(-Math.exp(Math.min(linear - grown, -1e-300)));
  }
}
