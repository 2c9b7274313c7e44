package dev.sotto.accounting;

/**
 * The transform M(s) = E[exp(s L)] of the privacy loss L of one Poisson-sampled Gaussian release,
 * at complex s, with a bound on its error.
 *
 * <p>With w = 1 - q + q exp(t) and t = x/z - 1/(2 z^2), x standard normal, removing a unit has M(s)
 * = E[w^(1+s)] and adding one M(s) = E[w^(-s)]. Since E[w] = 1,
 *
 * <pre>M - 1 = J(a) = E[w^a - 1 - a (w - 1)],   a = 1 + s or -s,</pre>
 *
 * which is of second order in q, so that a power M^n with large n keeps its precision.
 *
 * <p><b>Contour.</b> The integrand is analytic in t for imaginary parts below pi. For Im a at least
 * 0 it is integrated along Im t = phi above 0, where |w^a| = |w|^(Re a) exp(-Im a arg w) does not
 * oscillate but decays, by the trapezoid rule with step h in x. The rule's error is at most (A +
 * A') / (exp(2 pi c / h) - 1) with c = z phi and A, A' the integrals of the modulus on Im t = 0 and
 * 2 phi (Trefethen and Weideman 2014, Theorem 5.1). There |w^a - 1 - a (w - 1)| at most |a (a-1)|/2
 * |w - 1|^2 max |1 + r (w-1)|^(Re a - 2) over r in [0, 1], by Taylor's formula; |w - 1| at most q
 * (exp(Re t) + 1); and |1 + r (w-1)| lies between cos(phi) and 1 times its value on the real line.
 *
 * <p><b>Split.</b> With a threshold k the releases are divided smoothly at w - 1 = k: a large one
 * carries the weight 1 - r, r = 1/(1 + exp(2 b sinh(t - t_k))), q exp(t_k) = k, which is analytic
 * for |Im t| below pi/2. {@link #largeRe} is E[w^a (1 - r)]. For |Im t| at most 1.2, 1 - r is at
 * most 2 in size (1.86 on a fine grid), and left of the threshold 2 exp(-2 b sinh(t_k - Re t)
 * cos(Im t)).
 *
 * <p>One instance serves one thread: {@link #at} and {@link #deviation} leave results in fields.
 */
final class SampledTransform {
  /** Beyond this the normal density is below 1e-21 of its top. */
  private static final double REACH = 10;

  /** Most nodes; beyond, the error bound says what is missing. */
  private static final double MOST = 20_000;

  private static final double SHARPNESS = 1.2;
  private static final double ROUNDING = 0x1p-52;

  /** Powers smaller than exp(-DAMPED) are left out, and booked as error. */
  private static final double DAMPED = 200;

  /** Twice what is left out, over the rounding that it is added to. */
  private static final double TINY = 4 * Math.exp(-DAMPED) / ROUNDING;

  private final double q;
  private final double largestOrder;
  private final double cosine;

  /** Error of the rule against the sum of bounds on the real line. */
  private final double leak;

  private final double multiplier;
  private final double h;
  private final double low;
  private final double high;

  /** By how much the density is larger on the contour. */
  private final double lift;

  private final double[] logDensity;
  private final double[] density;
  private final double[] turnCos;
  private final double[] turnSin;
  private final double[] logRatio;
  private final double[] argRatio;
  private final double[] excessRe;
  private final double[] excessIm;
  private final double[] excess;

  /** Sums of the density and of the density times w - 1, from each node to the last. */
  private final double[] restRe;

  private final double[] restIm;
  private final double[] restExcessRe;
  private final double[] restExcessIm;
  private final double[] restSize;
  private final double[] densityFrom;
  private final double[] realLogDensity;
  private final double[] realLogRatio;
  private final double[] realLogExcess;

  /** Re, Im and size of 1 - r on the contour; r and a bound on log |1 - r| on the real line. */
  private final double[][] split;

  private double preparedOrder = Double.NaN;
  private double curvatureError;
  private double splitError;
  private double damped;

  /** J after {@link #at}: real part, imaginary part and a bound on the error. */
  double re;

  double im;
  double error;

  /** E[w^a (1 - r)] after {@link #at}, the same three. */
  double largeRe;

  double largeIm;
  double largeError;

  /** The largest modulus of E[w^a (1 - r)] after {@link #deviation}. */
  double largest;

  /**
   * Lays out the quadrature.
   *
   * @param multiplier z
   * @param q sampling probability below 1
   * @param threshold k, or infinity for no split
   * @param smallestOrder the smallest real part of a that will be asked for
   * @param largestOrder the largest
   */
  SampledTransform(
      double multiplier, double q, double threshold, double smallestOrder, double largestOrder) {
    this.q = q;
    this.largestOrder = largestOrder;
    boolean isSplit = threshold < Double.POSITIVE_INFINITY;
    double c = Math.min(1, (isSplit || smallestOrder < 0 ? 0.6 : 1.0) * multiplier);
    double phi = c / multiplier;
    cosine = Math.cos(phi);
    double strength =
        (isSplit ? 64 : 52) + 2 * c * c + Math.max(0, 2 - smallestOrder) * -Math.log(cosine);
    double h = 2 * Math.PI * c / strength;
    leak = 4 * (1 + Math.exp(2 * c * c)) / Math.expm1(strength);
    double low = -REACH - Math.max(0, 2 - smallestOrder) * q / multiplier;
    this.multiplier = multiplier;
    this.h = h;
    lift = Math.exp(0.5 * c * c);
    double high = end(largestOrder);
    int n = (int) Math.ceil((high - low) / h) + 1;
    this.low = low;
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

  /** Number of nodes of the quadrature. */
  int size() {
    return density.length;
  }

  /** Whether the layout reaches far enough for an order. */
  boolean covers(double order) {
    return order <= largestOrder;
  }

  /** Computes J, and the large part if there is a split, at a = order + i y, y at least 0. */
  void at(double order, double y) {
    re = 0;
    im = 0;
    largeRe = 0;
    largeIm = 0;
    double noise = 0;
    double largeNoise = 0;
    double sizeA = Math.hypot(order, y);
    prepare(order);
    int end = density.length;
    for (int j = 0; j < end; j++) {
      double x = order * logRatio[j] - y * argRatio[j];
      double v = order * argRatio[j] + y * logRatio[j];
      double size = Math.abs(x) + Math.abs(v);
      double d = density[j];
      if (y * argRatio[j] > damped) {
        // From here on |w^a| times the density stays below exp(-DAMPED), as arg w rises.
        end = j;
        break;
      }
      double gRe;
      double gIm;
      double wRe;
      double wIm;
      double powerNoise;
      if (size < 0.5) {
        if (size < 0.01) {
          double tRe = 1 + x / 6;
          double tIm = v / 6;
          for (int k = 5; k >= 2; k--) {
            double next = 1 + (x * tRe - v * tIm) / k;
            tIm = (x * tIm + v * tRe) / k;
            tRe = next;
          }
          gRe = d * (x * tRe - v * tIm);
          gIm = d * (x * tIm + v * tRe);
        } else {
          double grow = Math.expm1(x);
          double half = Math.sin(0.5 * v);
          gRe = d * (grow - (1 + grow) * 2 * half * half);
          gIm = d * ((1 + grow) * Math.sin(v));
        }
        powerNoise = 16 * d * size;
        wRe = gRe + d;
        wIm = gIm;
      } else {
        double exponent = x + logDensity[j];
        double e = exponent < -745 ? 0 : Math.exp(exponent);
        wRe = e * Math.cos(v);
        wIm = e * Math.sin(v);
        gRe = wRe - d;
        gIm = wIm;
        powerNoise = e * (16 + 4 * size + Math.abs(logDensity[j]));
      }
      noise += powerNoise + 8 * d * (Math.min(1, 2 * size) + sizeA * excess[j]);
      double fRe = gRe - d * (order * excessRe[j] - y * excessIm[j]);
      double fIm = gIm - d * (order * excessIm[j] + y * excessRe[j]);
      re += fRe * turnCos[j] - fIm * turnSin[j];
      im += fRe * turnSin[j] + fIm * turnCos[j];
      if (split != null && split[2][j] > 0) {
        double pRe = wRe * turnCos[j] - wIm * turnSin[j];
        double pIm = wRe * turnSin[j] + wIm * turnCos[j];
        largeRe += pRe * split[0][j] - pIm * split[1][j];
        largeIm += pRe * split[1][j] + pIm * split[0][j];
        largeNoise += split[2][j] * (powerNoise + 64 * (Math.abs(wRe) + Math.abs(wIm)));
      }
    }
    if (end < density.length) {
      re -= restRe[end] + order * restExcessRe[end] - y * restExcessIm[end];
      im -= restIm[end] + order * restExcessIm[end] + y * restExcessRe[end];
      noise += 64 * (densityFrom[end] + sizeA * restSize[end]) + (density.length - end) * TINY;
      largeNoise += (density.length - end) * TINY;
    }
    // 4 times, for the turn by exp(-i u c), the weights and the additions.
    error = 4 * ROUNDING * noise + 0.5 * sizeA * Math.hypot(order - 1, y) * curvatureError;
    largeError = 4 * ROUNDING * largeNoise + splitError;
  }

  /** The error bounds that depend on the real part of a alone. */
  private void prepare(double order) {
    if (order == preparedOrder) {
      return;
    }
    double highest = 0;
    double sum = 0;
    double ends = 0;
    double largeSum = 0;
    double largeEnds = 0;
    for (int j = 0; j < density.length; j++) {
      double log = realLogRatio[j];
      double rest = order >= 2 ? Math.max(0, log) : Math.min(0, log) + Math.log(cosine);
      double term = Math.exp(realLogDensity[j] + 2 * realLogExcess[j] + (order - 2) * rest);
      double big = 0;
      if (split != null) {
        double lift = order < 0 ? Math.log(cosine) : 0;
        big = Math.exp(realLogDensity[j] + split[4][j] + order * (log + lift));
      }
      highest = Math.max(highest, order * logRatio[j] + logDensity[j]);
      sum += term;
      largeSum += big;
      if (j == 0) {
        // Below, terms fall by exp(-h) or faster.
        ends += term * (1 + 1 / h);
        largeEnds += big * (1 + 1 / h);
      }
    }
    curvatureError = sum * leak + lift * (ends + q * q * beyond(order - 2, 2, high));
    splitError =
        split == null ? 0 : largeSum * leak + lift * (largeEnds + 2 * beyond(order, 0, high));
    damped = DAMPED + highest;
    preparedOrder = order;
  }

  /**
   * Bounds E[w^order r] - 1 from above, for the chance that no release is large. The integral is on
   * the real line; its strip on either side is the same as that of the contour, and so is the error
   * bound, with |r| at most 2.
   */
  double smallExcess(double order) {
    double sum = 0;
    double missing = 0;
    double bound = 0;
    for (int j = 0; j < density.length; j++) {
      double d = Math.exp(realLogDensity[j]);
      double r = split[3][j];
      double x = order * realLogRatio[j];
      double w1 = Math.expm1(realLogRatio[j]);
      if (r > 0) {
        double power = x < 600 ? Math.expm1(x) * r : Math.exp(x + Math.log(r));
        sum += d * (power - order * w1 * r);
        bound += d * Math.abs(power);
      }
      missing += d * (1 - r) * (1 + order * w1);
      bound += d * (1 + order) * Math.abs(w1);
    }
    // The bound's 1e-13 covers rounding and the rule, exp(-64) times as much on its strip.
    return sum - missing + 1e-13 * bound;
  }

  /**
   * How far J can move when a moves from order + i y by at most {@code across} in its imaginary and
   * {@code along} in its real part, within the ellipse of these half-axes: the derivative at the
   * centre times the move, and half its square times a bound on the second derivative. Sets {@link
   * #largest}.
   */
  double deviation(double order, double y, double across, double along) {
    double reach = Math.max(across, along);
    double slopeRe = 0;
    double slopeIm = 0;
    double second = 0;
    double big = 0;
    double size = 0;
    for (int j = 0; j < density.length; j++) {
      double exponent = order * logRatio[j] - y * argRatio[j] + logDensity[j];
      double d = density[j];
      double powerRe = 0;
      double powerIm = 0;
      if (exponent > -DAMPED) {
        double v = order * argRatio[j] + y * logRatio[j];
        double a = across * argRatio[j];
        double b = along * logRatio[j];
        double e = Math.exp(exponent);
        double raised = e * Math.exp(Math.sqrt(a * a + b * b));
        second += raised * (logRatio[j] * logRatio[j] + argRatio[j] * argRatio[j]);
        powerRe = e * Math.cos(v);
        powerIm = e * Math.sin(v);
        size += e * (Math.abs(logRatio[j]) + argRatio[j]);
        if (split != null) {
          big += raised * split[2][j];
        }
      } else {
        double grow = Math.exp(exponent + across * argRatio[j] + along * Math.abs(logRatio[j]));
        second += grow * (logRatio[j] * logRatio[j] + argRatio[j] * argRatio[j]);
        big += 2 * grow;
      }
      double dRe = logRatio[j] * powerRe - argRatio[j] * powerIm - d * excessRe[j];
      double dIm = logRatio[j] * powerIm + argRatio[j] * powerRe - d * excessIm[j];
      size += d * excess[j];
      slopeRe += dRe * turnCos[j] - dIm * turnSin[j];
      slopeIm += dRe * turnSin[j] + dIm * turnCos[j];
    }
    largest = big * (1 + 1e-9);
    double slope = Math.sqrt(slopeRe * slopeRe + slopeIm * slopeIm) + 1e-12 * size;
    return reach * (slope + 0.5 * reach * second) * (1 + 1e-9);
  }
}
