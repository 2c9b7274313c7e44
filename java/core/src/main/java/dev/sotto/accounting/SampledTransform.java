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
 * <p>One instance serves one thread: its methods leave results in fields.
 */
final class SampledTransform {
  private static final double ROUNDING = 0x1p-52;

  /** Powers smaller than exp(-DAMPED) are left out, and booked as error. */
  private static final double DAMPED = 200;

  /** Twice what is left out, over the rounding that it is added to. */
  private static final double TINY = 4 * Math.exp(-DAMPED) / ROUNDING;

  private static final double[] INVERSE = {0, 1, 1 / 2.0, 1 / 3.0, 1 / 4.0, 1 / 5.0, 1 / 6.0};

  private final SampledNodes nodes;

  private double preparedOrder = Double.NaN;
  private double curvatureError;
  private double splitError;
  private double damped;

  /**
   * Where {@link #at} was, and its d (w^a - 1), d the density, at the nodes before {@link #end}.
   */
  private double order;

  private double y;
  private int end;
  private final double[] powerRe;
  private final double[] powerIm;

  /** Sum of the sizes of these, and what their rounding adds up to, in units of 4 roundings. */
  private double powerSize;

  private double powerNoise;

  /** The same of w^a times the weights 1 - r, and the sum of the weights. */
  private double largeSize;

  private double largeNoise;
  private final double largeDensity;

  /** w^(i step) - 1 for {@link #advance}. */
  private final double[] turnRe;

  private final double[] turnIm;
  private double turnStep = Double.NaN;

  /** J after {@link #at} or {@link #advance}: real part, imaginary part, bound on the error. */
  double re;

  double im;
  double error;

  /** E[w^a (1 - r)], the same three. */
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
    nodes = new SampledNodes(multiplier, q, threshold, smallestOrder, largestOrder);
    powerRe = new double[nodes.size()];
    powerIm = new double[nodes.size()];
    turnRe = new double[nodes.size()];
    turnIm = new double[nodes.size()];
    double sum = 0;
    for (int j = 0; nodes.split != null && j < nodes.size(); j++) {
      sum += nodes.split[2][j] * nodes.density[j];
    }
    largeDensity = sum;
  }

  /** Number of nodes of the quadrature. */
  int size() {
    return nodes.size();
  }

  /** The largest log w at a node. */
  double largestLoss() {
    return nodes.largestLoss();
  }

  /** Computes J, and the large part if there is a split, at a = order + i y, y at least 0. */
  void at(double order, double y) {
    prepare(order);
    this.order = order;
    this.y = y;
    powerNoise = 0;
    largeNoise = 0;
    end = nodes.size();
    for (int j = 0; j < end; j++) {
      double logRatio = nodes.logRatio[j];
      double argRatio = nodes.argRatio[j];
      if (y * argRatio > damped) {
        // From here on |w^a| times the density stays below exp(-DAMPED), as arg w rises.
        end = j;
        break;
      }
      double x = order * logRatio - y * argRatio;
      double v = order * argRatio + y * logRatio;
      double size = Math.abs(x) + Math.abs(v);
      double d = nodes.density[j];
      double noise;
      if (size < 0.5) {
        powerNear(j, x, v);
        noise = 16 * d * size;
      } else {
        double exponent = x + nodes.logDensity[j];
        double e = exponent < -745 ? 0 : Math.exp(exponent);
        powerRe[j] = e * Math.cos(v) - d;
        powerIm[j] = e * Math.sin(v);
        noise = e * (16 + 4 * size + Math.abs(nodes.logDensity[j]));
      }
      powerNoise += noise;
      if (nodes.split != null) {
        largeNoise += nodes.split[2][j] * noise;
      }
    }
    powerNoise += (nodes.size() - end) * TINY;
    largeNoise += (nodes.size() - end) * TINY;
    sum();
  }

  /** d (exp(x + i v) - 1) where that is small. */
  private void powerNear(int j, double x, double v) {
    double d = nodes.density[j];
    if (Math.abs(x) + Math.abs(v) < 0.01) {
      double tRe = 1 + x * INVERSE[6];
      double tIm = v * INVERSE[6];
      for (int k = 5; k >= 2; k--) {
        double next = 1 + (x * tRe - v * tIm) * INVERSE[k];
        tIm = (x * tIm + v * tRe) * INVERSE[k];
        tRe = next;
      }
      powerRe[j] = d * (x * tRe - v * tIm);
      powerIm[j] = d * (x * tIm + v * tRe);
    } else {
      double grow = Math.expm1(x);
      double half = Math.sin(0.5 * v);
      powerRe[j] = d * (grow - (1 + grow) * 2 * half * half);
      powerIm[j] = d * ((1 + grow) * Math.sin(v));
    }
  }

  /**
   * Moves on to y + step, multiplying each power by w^(i step), which is no larger than 1, so that
   * an error made before does not grow. With g = d (w^a - 1) and r = w^(i step) - 1 the next g' is
   * g + (g + d) r, rounded by at most |g'| + 8 |g + d| |r| in units of 2^-53, less than 8 |g| + 9
   * |g'|.
   */
  void advance(double step) {
    prepareTurn(step);
    y += step;
    for (int j = 0; j < end; j++) {
      double pRe = powerRe[j] + nodes.density[j];
      double pIm = powerIm[j];
      powerRe[j] += pRe * turnRe[j] - pIm * turnIm[j];
      powerIm[j] += pRe * turnIm[j] + pIm * turnRe[j];
    }
    powerNoise += 2 * powerSize;
    largeNoise += 2 * largeSize + 4 * largeDensity;
    sum();
    powerNoise += 2 * powerSize;
    largeNoise += 2 * largeSize;
    setErrors();
  }

  private void prepareTurn(double step) {
    if (step == turnStep) {
      return;
    }
    for (int j = 0; j < nodes.size(); j++) {
      double grow = Math.expm1(-step * nodes.argRatio[j]);
      double v = step * nodes.logRatio[j];
      double half = Math.sin(0.5 * v);
      turnRe[j] = grow - (1 + grow) * 2 * half * half;
      turnIm[j] = (1 + grow) * Math.sin(v);
    }
    turnStep = step;
  }

  private void sum() {
    double sumRe = 0;
    double sumIm = 0;
    double sumSize = 0;
    for (int j = 0; j < end; j++) {
      double d = nodes.density[j];
      double gRe = powerRe[j];
      double gIm = powerIm[j];
      double fRe = gRe - d * (order * nodes.excessRe[j] - y * nodes.excessIm[j]);
      double fIm = gIm - d * (order * nodes.excessIm[j] + y * nodes.excessRe[j]);
      sumRe += fRe * nodes.turnCos[j] - fIm * nodes.turnSin[j];
      sumIm += fRe * nodes.turnSin[j] + fIm * nodes.turnCos[j];
      sumSize += Math.abs(gRe) + Math.abs(gIm);
    }
    if (end < nodes.size()) {
      sumRe -= nodes.restRe[end] + order * nodes.restExcessRe[end] - y * nodes.restExcessIm[end];
      sumIm -= nodes.restIm[end] + order * nodes.restExcessIm[end] + y * nodes.restExcessRe[end];
    }
    re = sumRe;
    im = sumIm;
    powerSize = sumSize;
    if (nodes.split != null) {
      sumLarge();
    }
    setErrors();
  }

  private void sumLarge() {
    double sumRe = 0;
    double sumIm = 0;
    double sumSize = 0;
    double[] splitRe = nodes.split[0];
    double[] splitIm = nodes.split[1];
    double[] splitSize = nodes.split[2];
    for (int j = 0; j < end; j++) {
      double wRe = powerRe[j] + nodes.density[j];
      double wIm = powerIm[j];
      double pRe = wRe * nodes.turnCos[j] - wIm * nodes.turnSin[j];
      double pIm = wRe * nodes.turnSin[j] + wIm * nodes.turnCos[j];
      sumRe += pRe * splitRe[j] - pIm * splitIm[j];
      sumIm += pRe * splitIm[j] + pIm * splitRe[j];
      sumSize += splitSize[j] * (Math.abs(wRe) + Math.abs(wIm));
    }
    largeRe = sumRe;
    largeIm = sumIm;
    largeSize = sumSize;
  }

  private void setErrors() {
    double sizeA = Math.hypot(order, y);
    double noise = powerNoise + 16 * powerSize + 8 * sizeA * nodes.restSize[0];
    if (end < nodes.size()) {
      noise += 64 * (nodes.densityFrom[end] + sizeA * nodes.restSize[end]);
    }
    // 4 times, for the turn by exp(-i u c), the weights and the additions.
    error = 4 * ROUNDING * noise + 0.5 * sizeA * Math.hypot(order - 1, y) * curvatureError;
    largeError = 4 * ROUNDING * (largeNoise + 64 * largeSize + 4 * largeDensity) + splitError;
  }

  /** The error bounds that depend on the real part of a alone. */
  private void prepare(double order) {
    if (order == preparedOrder) {
      return;
    }
    double logCosine = Math.log(nodes.cosine);
    double highest = 0;
    double sum = 0;
    double largeSum = 0;
    double first = 0;
    double largeFirst = 0;
    for (int j = 0; j < nodes.size(); j++) {
      double log = nodes.realLogRatio[j];
      double rest = order >= 2 ? Math.max(0, log) : Math.min(0, log) + logCosine;
      double term =
          Math.exp(nodes.realLogDensity[j] + 2 * nodes.realLogExcess[j] + (order - 2) * rest);
      double big = 0;
      if (nodes.split != null) {
        double lift = order < 0 ? logCosine : 0;
        big = Math.exp(nodes.realLogDensity[j] + nodes.split[4][j] + order * (log + lift));
      }
      highest = Math.max(highest, order * nodes.logRatio[j] + nodes.logDensity[j]);
      sum += term;
      largeSum += big;
      if (j == 0) {
        first = term;
        largeFirst = big;
      }
    }
    curvatureError =
        sum * nodes.leak + nodes.lift * (nodes.below(first) + nodes.excessBeyond(order - 2));
    splitError =
        nodes.split == null
            ? 0
            : largeSum * nodes.leak
                + nodes.lift * (nodes.below(largeFirst) + 2 * nodes.ratioBeyond(order));
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
    for (int j = 0; j < nodes.size(); j++) {
      double d = Math.exp(nodes.realLogDensity[j]);
      double r = nodes.split[3][j];
      double x = order * nodes.realLogRatio[j];
      double w1 = Math.expm1(nodes.realLogRatio[j]);
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
    for (int j = 0; j < nodes.size(); j++) {
      double exponent = order * nodes.logRatio[j] - y * nodes.argRatio[j] + nodes.logDensity[j];
      double d = nodes.density[j];
      double powerRe = 0;
      double powerIm = 0;
      if (exponent > -DAMPED) {
        double v = order * nodes.argRatio[j] + y * nodes.logRatio[j];
        double a = across * nodes.argRatio[j];
        double b = along * nodes.logRatio[j];
        double e = Math.exp(exponent);
        double raised = e * Math.exp(Math.sqrt(a * a + b * b));
        second +=
            raised
                * (nodes.logRatio[j] * nodes.logRatio[j] + nodes.argRatio[j] * nodes.argRatio[j]);
        powerRe = e * Math.cos(v);
        powerIm = e * Math.sin(v);
        size += e * (Math.abs(nodes.logRatio[j]) + nodes.argRatio[j]);
        if (nodes.split != null) {
          big += raised * nodes.split[2][j];
        }
      } else {
        double grow =
            Math.exp(exponent + across * nodes.argRatio[j] + along * Math.abs(nodes.logRatio[j]));
        second +=
            grow * (nodes.logRatio[j] * nodes.logRatio[j] + nodes.argRatio[j] * nodes.argRatio[j]);
        big += 2 * grow;
      }
      double dRe =
          nodes.logRatio[j] * powerRe - nodes.argRatio[j] * powerIm - d * nodes.excessRe[j];
      double dIm =
          nodes.logRatio[j] * powerIm + nodes.argRatio[j] * powerRe - d * nodes.excessIm[j];
      size += d * nodes.excess[j];
      slopeRe += dRe * nodes.turnCos[j] - dIm * nodes.turnSin[j];
      slopeIm += dRe * nodes.turnSin[j] + dIm * nodes.turnCos[j];
    }
    largest = big * (1 + 1e-9);
    double slope = Math.sqrt(slopeRe * slopeRe + slopeIm * slopeIm) + 1e-12 * size;
    return reach * (slope + 0.5 * reach * second) * (1 + 1e-9);
  }
}
