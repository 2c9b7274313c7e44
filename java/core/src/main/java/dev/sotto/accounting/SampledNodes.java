package dev.sotto.accounting;

/**
 * The nodes of the quadrature of {@link SampledTransform}: what of its integrand does not depend on
 * the order, at each node of the contour and, for the error bounds, below it on the real line.
 */
final class SampledNodes {
  /** Beyond this the normal density is below 1e-21 of its top. */
  private static final double REACH = 10;

  /** Most nodes on either side of 0; beyond, the error bound says what is missing. */
  private static final double MOST = 20_000;

  private static final double SHARPNESS = 1.2;

  private final double q;
  private final double multiplier;
  private final double h;

  /** Cosine of the contour's imaginary part. */
  final double cosine;

  /** Error of the rule against the sum of bounds on the real line. */
  final double leak;

  /** By how much the density is larger on the contour. */
  final double lift;

  final double[] logDensity;
  final double[] density;

  /** The density's argument as a complex number of size 1. */
  final double[] turnCos;

  final double[] turnSin;

  /** log w. */
  final double[] logRatio;

  final double[] argRatio;

  /** w - 1. */
  final double[] excessRe;

  final double[] excessIm;
  final double[] excess;

  /** Sums of the density, turned, from each node to the last. */
  final double[] restRe;

  final double[] restIm;

  /** The same of the density times w - 1. */
  final double[] restExcessRe;

  final double[] restExcessIm;

  /** Sums of the sizes of these two. */
  final double[] restSize;

  final double[] densityFrom;

  final double[] realLogDensity;
  final double[] realLogRatio;
  final double[] realLogExcess;

  /** Re, Im and size of 1 - r on the contour; r and a bound on log |1 - r| on the real line. */
  final double[][] split;

  private final double high;
  private final boolean isCut;

  /**
   * Lays out the quadrature.
   *
   * @param multiplier z
   * @param q sampling probability below 1
   * @param threshold k, or infinity for no split
   * @param smallestOrder the smallest real part of a that will be asked for
   * @param largestOrder the largest
   */
  SampledNodes(
      double multiplier, double q, double threshold, double smallestOrder, double largestOrder) {
    this.q = q;
    boolean isSplit = threshold < Double.POSITIVE_INFINITY;
    double widest = isSplit || smallestOrder < 0 ? 0.6 : 1;
    double phi = Math.min(Math.min(widest, 1 / multiplier), 10 / Math.sqrt(2 - smallestOrder));
    double c = multiplier * phi;
    cosine = Math.cos(phi);
    double bend = Math.max(0, 2 - smallestOrder) * -Math.log(cosine);
    double strength = (isSplit ? 64 : 52) + 2 * c * c + bend;
    double h = 2 * Math.PI * c / strength;
    leak = 4 * (1 + Math.exp(2 * c * c)) / Math.expm1(strength);
    // To where the density has made up for the power, which is less by the bend off the real line.
    double lowest =
        -Math.sqrt(REACH * REACH + 2 * bend) - Math.max(0, 2 - smallestOrder) * q / multiplier;
    double low = Math.max(lowest, -MOST * h);
    isCut = low > lowest;
    this.multiplier = multiplier;
    this.h = h;
    lift = Math.exp(0.5 * c * c);
    double high = end(largestOrder);
    int n = (int) Math.ceil((high - low) / h) + 1;
    this.high = low + (n - 1) * h;
    logDensity = new double[n];
    density = new double[n];
    turnCos = new double[n];
    turnSin = new double[n];
    logRatio = new double[n];
    argRatio = new double[n];
    excessRe = new double[n];
    excessIm = new double[n];
    excess = new double[n];
    restRe = new double[n + 1];
    restIm = new double[n + 1];
    restExcessRe = new double[n + 1];
    restExcessIm = new double[n + 1];
    restSize = new double[n + 1];
    densityFrom = new double[n + 1];
    realLogDensity = new double[n];
    realLogRatio = new double[n];
    realLogExcess = new double[n];
    split = isSplit ? new double[5][n] : null;
    double mean = 0.5 / multiplier / multiplier;
    double logNorm = Math.log(h / Math.sqrt(2 * Math.PI));
    double half = Math.sin(0.5 * phi);
    for (int j = 0; j < n; j++) {
      double u = low + j * h;
      double tau = u / multiplier - mean;
      double grown = q * Math.exp(tau);
      double real = q * Math.expm1(tau) - grown * 2 * half * half;
      double imaginary = grown * Math.sin(phi);
      realLogDensity[j] = -0.5 * u * u + logNorm;
      logDensity[j] = realLogDensity[j] + 0.5 * c * c;
      density[j] = Math.exp(logDensity[j]);
      turnCos[j] = Math.cos(u * c);
      turnSin[j] = -Math.sin(u * c);
      excessRe[j] = real;
      excessIm[j] = imaginary;
      excess[j] = Math.sqrt(real * real + imaginary * imaginary);
      logRatio[j] =
          excess[j] < 0.5
              ? 0.5 * Math.log1p(2 * real + real * real + imaginary * imaginary)
              : logModulus(1 + real, imaginary);
      argRatio[j] = Math.atan2(imaginary, 1 + real);
      realLogRatio[j] = tau > 30 ? Math.log(grown + (1 - q)) : Math.log1p(q * Math.expm1(tau));
      realLogExcess[j] = Math.log(q * (Math.exp(tau) + 1));
      if (isSplit) {
        divide(j, tau - Math.log(threshold / q), phi);
      }
    }
    for (int j = n - 1; j >= 0; j--) {
      double dRe = density[j] * turnCos[j];
      double dIm = density[j] * turnSin[j];
      restRe[j] = restRe[j + 1] + dRe;
      restIm[j] = restIm[j + 1] + dIm;
      restExcessRe[j] = restExcessRe[j + 1] + dRe * excessRe[j] - dIm * excessIm[j];
      restExcessIm[j] = restExcessIm[j + 1] + dRe * excessIm[j] + dIm * excessRe[j];
      densityFrom[j] = densityFrom[j + 1] + density[j];
      restSize[j] = restSize[j + 1] + density[j] * excess[j];
    }
  }

  /**
   * Where the nodes may end: where the integrand's bound has fallen for good. Its log slope is at
   * most ((order - 2) r + 2)/z - x with r = q exp(t)/w. That may be negative and become positive
   * again, as r grows, so what lies beyond the first such place is bounded before it is left out.
   */
  private double end(double order) {
    double most = Math.max(order, 2) / multiplier + REACH;
    double x = REACH;
    for (int i = 0; i < 60 && x < most; i++) {
      double grown = q * Math.exp(x / multiplier - 0.5 / multiplier / multiplier);
      double next = (Math.max(order - 2, 0) * grown / (1 - q + grown) + 2) / multiplier + REACH;
      if (next < 1.01 * x) {
        return next < most && beyond(order - 2, 2, next) < 1e-21 ? next : Math.min(most, MOST * h);
      }
      x = next;
    }
    return Math.min(most, MOST * h);
  }

  /**
   * A bound on the integral of max(1, |w|)^power (1 + exp(t))^other times the normal density beyond
   * an x, and on the sum over nodes.
   */
  private double beyond(double power, int other, double from) {
    double most = (Math.max(power, 0) + other) / multiplier + REACH;
    double sum = 0;
    double x = from;
    while (true) {
      double next = Math.max(x + 0.1, 1.02 * x);
      double tau = next / multiplier - 0.5 / multiplier / multiplier;
      double growth = tau > 300 ? tau : Math.log1p(Math.exp(tau));
      double log = tau > 300 ? Math.log(q) + tau : Math.log1p(q * Math.expm1(tau));
      sum +=
          (next - x + h)
              * Math.exp(Math.max(power, 0) * Math.max(0, log) + other * growth - 0.5 * x * x);
      if (x >= most) {
        // From here on it falls at least like exp(-9 x).
        return sum * 2;
      }
      x = next;
    }
  }

  /** log of the size of a complex number whose real part may be too large to square. */
  private static double logModulus(double real, double imaginary) {
    double slope = imaginary / real;
    return Math.abs(real) > 1e100
        ? Math.log(Math.abs(real)) + 0.5 * Math.log1p(slope * slope)
        : 0.5 * Math.log(real * real + imaginary * imaginary);
  }

  private void divide(int j, double distance, double phi) {
    double e = -2 * SHARPNESS * Math.sinh(distance);
    split[3][j] = 1 / (1 + Math.exp(-e));
    split[4][j] = Math.log(2) + Math.min(0, -e * Math.cos(2 * phi));
    e *= Math.cos(phi);
    double f = -2 * SHARPNESS * Math.cosh(distance) * Math.sin(phi);
    if (e < 700) {
      double real = 1 + Math.exp(e) * Math.cos(f);
      double imaginary = Math.exp(e) * Math.sin(f);
      double size = Math.sqrt(real * real + imaginary * imaginary);
      split[0][j] = real / size / size;
      split[1][j] = -imaginary / size / size;
      split[2][j] = 1 / size;
    }
  }

  /** Number of nodes. */
  int size() {
    return density.length;
  }

  /** The largest log w at a node. */
  double largestLoss() {
    return logRatio[logRatio.length - 1];
  }

  /** What terms that fall at least like exp(-h) below the first node add to it, and half a step. */
  double below(double first) {
    return isCut ? Double.POSITIVE_INFINITY : first * (1 + 1 / h);
  }

  /** A bound on the integral of max(1, |w|)^power |w - 1|^2 times the density beyond the nodes. */
  double excessBeyond(double power) {
    return q * q * beyond(power, 2, high);
  }

  /** The same of |w|^power. */
  double ratioBeyond(double power) {
    return beyond(power, 0, high);
  }
}
