package dev.sotto.noise;

/**
 * Laplace noise whose inverse scale u is drawn anew for each coordinate, from a sum of independent
 * terms.
 *
 * <p>Everything follows from K, the log of the moment generating function of u: P(|Z| > x) =
 * exp(K(-x)) and the density is p(x) = exp(K(-|x|)) K'(-|x|) / 2. As a mixture of exponentials, log
 * p is convex and decreasing in |x|. Values are taken in log space and keep their relative
 * precision at extreme parameters.
 */
public abstract sealed class LaplaceMixture permits LmoNoise {
  private static final double LOG_2 = Math.log(2);

  /** Beyond this a quantile is called infinite; products with it must not overflow. */
  private static final double FARTHEST = 1e300;

  private final InverseScaleTerm[] terms;
  private final double pole;
  private final double shapeAtZero;
  private final double mean;

  LaplaceMixture(InverseScaleTerm[] terms) {
    if (terms.length == 0) {
      throw new IllegalArgumentException(
          "the noise law needs one weight above 0, got 0 for each of gamma_weight, "
              + "exponential_weight, uniform_weight and truncated_normal_weight");
    }
    this.terms = terms;
    double nearestPole = Double.POSITIVE_INFINITY;
    double shapes = 0;
    for (InverseScaleTerm term : terms) {
      nearestPole = Math.min(nearestPole, term.pole());
      shapes += term.shapeAtZero();
    }
    this.pole = nearestPole;
    this.shapeAtZero = shapes;
    this.mean = cumulants(0).mean();
    if (!(mean >= 1e-100 && mean <= 1e100)) {
      throw new IllegalArgumentException(
          "the mean inverse scale of the noise must lie in [1e-100, 1e100], got "
              + mean
              + "; change the weights");
    }
  }

  /**
   * Whether the inverse scale is a constant.
   *
   * @return true if this is plain Laplace noise, of scale 1 / {@link #meanInverseScale}
   */
  public boolean isLaplace() {
    for (InverseScaleTerm term : terms) {
      if (!(term instanceof UniformTerm uniform && uniform.low() == uniform.high())) {
        return false;
      }
    }
    return true;
  }

  /** The cumulants of the inverse scale at t, below the pole. */
  private Cumulants cumulants(double t) {
    Cumulants sum = Cumulants.ZERO;
    for (InverseScaleTerm term : terms) {
      sum = sum.plus(term.at(t));
    }
    return sum;
  }

  /**
   * The log of the density.
   *
   * @param x any finite number
   * @return log p(x)
   */
  public double logDensity(double x) {
    Cumulants k = cumulants(-Math.abs(x));
    return k.logMgf() + Math.log(k.mean()) - LOG_2;
  }

  /**
   * The density.
   *
   * @param x any finite number
   * @return p(x)
   */
  public double density(double x) {
    return Math.exp(logDensity(x));
  }

  /**
   * The slope of the log density, an odd function; at 0 the limit from the right.
   *
   * @param x any finite number
   * @return d/dx log p(x), negative for x >= 0
   */
  public double logDensitySlope(double x) {
    Cumulants k = cumulants(-Math.abs(x));
    double slope = -k.mean() - k.variance() / k.mean();
    return x < 0 ? -slope : slope;
  }

  /**
   * How far the log density lies below its peak, with full relative precision for small x too.
   *
   * @param x any finite number
   * @return log p(0) - log p(x), at least 0
   */
  public double logDensityDrop(double x) {
    double away = Math.abs(x);
    Cumulants k = cumulants(-away);
    double drop = 0;
    for (InverseScaleTerm term : terms) {
      drop += term.meanDrop(away);
    }
    return Math.log1p(drop / k.mean()) - k.logMgf();
  }

  /**
   * The distribution function.
   *
   * @param x any finite number
   * @return {@code P(Z <= x)}, with full relative precision in the lower tail
   */
  public double cdf(double x) {
    return survival(-x);
  }

  /**
   * The upper tail.
   *
   * @param x any finite number
   * @return P(Z > x), with full relative precision in the upper tail
   */
  public double survival(double x) {
    double tail = 0.5 * Math.exp(cumulants(-Math.abs(x)).logMgf());
    return x < 0 ? 1 - tail : tail;
  }

  /**
   * How often one coordinate of the noise stays small, the "usefulness" that the paper maximises.
   *
   * @param gamma the bound, at least 0
   * @return {@code P(|Z| <= gamma)}
   */
  public double usefulness(double gamma) {
    if (!(gamma >= 0)) {
      throw new IllegalArgumentException("usefulness needs a bound of at least 0, got " + gamma);
    }
    return -Math.expm1(cumulants(-gamma).logMgf());
  }

  /**
   * The moment generating function of the inverse scale.
   *
   * @param t below {@link #pole}
   * @return E[exp(t u)]
   */
  public double mgf(double t) {
    return Math.exp(logMgf(t));
  }

  /**
   * The cumulant function of the inverse scale, relatively accurate as t goes to 0.
   *
   * @param t below {@link #pole}
   * @return log E[exp(t u)]
   */
  public double logMgf(double t) {
    return cumulants(belowPole(t)).logMgf();
  }

  /**
   * The derivative of the moment generating function of the inverse scale.
   *
   * @param t below {@link #pole}
   * @return E[u exp(t u)]
   */
  public double mgfDerivative(double t) {
    Cumulants k = cumulants(belowPole(t));
    return Math.exp(k.logMgf()) * k.mean();
  }

  private double belowPole(double t) {
    if (!(t < pole) || Double.isInfinite(t)) {
      throw new IllegalArgumentException(
          "the moment generating function is finite below " + pole + ", got t = " + t);
    }
    return t;
  }

  /**
   * Where the moment generating function of the inverse scale ceases to be finite.
   *
   * @return the supremum of its domain, infinite for a bounded inverse scale
   */
  public double pole() {
    return pole;
  }

  /**
   * The mean of the inverse scale.
   *
   * @return E[u], which is 2 p(0)
   */
  public double meanInverseScale() {
    return mean;
  }

  /**
   * The mean absolute value of the noise.
   *
   * @return E|Z| = E[1/u]
   * @throws IllegalArgumentException if it is infinite
   */
  public double meanAbsolute() {
    requireShape(1, "mean absolute value", "E[1/u]");
    return HalfLine.integral(x -> Math.exp(cumulants(-x).logMgf()), analyticRadius());
  }

  /**
   * The variance of the noise.
   *
   * @return E[Z^2] = 2 E[u^-2]
   * @throws IllegalArgumentException if it is infinite
   */
  public double variance() {
    requireShape(2, "variance", "E[u^-2]");
    return 2 * HalfLine.integral(x -> x * Math.exp(cumulants(-x).logMgf()), analyticRadius());
  }

  private void requireShape(double least, String moment, String expectation) {
    if (!(shapeAtZero > least)) {
      throw new IllegalArgumentException(
          "the "
              + moment
              + " of the noise is infinite: the density of the inverse scale u behaves like u^"
              + (shapeAtZero - 1)
              + " near 0, and "
              + expectation
              + " needs a power above "
              + (least - 1)
              + "; raise gamma_shape or a low end");
    }
  }

  /**
   * The Fisher information of the location of the noise. Always at least 1 / variance.
   *
   * @return E[(d/dx log p)^2]
   */
  public double fisherInformation() {
    return HalfLine.integral(
        x -> {
          Cumulants k = cumulants(-x);
          double slope = k.mean() + k.variance() / k.mean();
          return slope * slope * k.mean() * Math.exp(k.logMgf());
        },
        analyticRadius());
  }

  /**
   * A radius around 0 within which the log density, as a function of x > 0, continues analytically:
   * there E[u e^(t u)] differs from E[u] by less than E[u], so it has no zero. Integrals over the
   * density start with a panel of this size.
   *
   * @return a distance above 0, on the scale of the shortest feature at 0
   */
  public double analyticRadius() {
    double radius = Math.min(0.5 * pole, -1 / logDensitySlope(0));
    while (mgfDerivative(radius) > 2 * mean) {
      radius *= 0.5;
    }
    return radius;
  }

  /**
   * The quantile function.
   *
   * @param p strictly between 0 and 1
   * @return the x with {@code P(Z <= x) = p}
   */
  public double quantile(double p) {
    if (!(p > 0 && p < 1)) {
      throw new IllegalArgumentException(
          "a quantile needs a probability strictly between 0 and 1, got " + p);
    }
    return p < 0.5
        ? -absoluteQuantile(p < 0.25 ? -Math.log(2 * p) : -Math.log1p(2 * p - 1))
        : absoluteQuantile(p > 0.75 ? -Math.log(2 * (1 - p)) : -Math.log1p(1 - 2 * p));
  }

  /**
   * The quantile of the absolute value by its exponent, to full double precision.
   *
   * @param w at least 0
   * @return the x >= 0 with P(|Z| > x) = exp(-w); infinite if it is above 1e300, as for an inverse
   *     scale that comes very close to 0
   */
  public double absoluteQuantile(double w) {
    if (!(w >= 0)) {
      throw new IllegalArgumentException("a quantile exponent must be at least 0, got " + w);
    }
    if (w == 0) {
      return 0;
    }
    // H(x) = -K(-x) is concave with H(0) = 0 and slope E[u] there, so w / E[u] is not above the
    // root. Newton's method runs on log H against log x, which is nearly straight for both linear
    // and logarithmic H; a bracket keeps it from leaving.
    double low = w / mean;
    double high = Double.POSITIVE_INFINITY;
    double x = low;
    while (x > 0 && x < FARTHEST) {
      Cumulants k = cumulants(-x);
      double h = -k.logMgf();
      if (h < w) {
        low = x;
      } else {
        high = x;
      }
      double step = Math.log(w / h) * h / (x * k.mean());
      if (Math.abs(step) < 1e-8 || high - low <= 2 * Math.ulp(low)) {
        return x + (w - h) / k.mean();
      }
      double next = x * Math.exp(step);
      if (!(next > low && next < high)) {
        next = Double.isInfinite(high) ? 4 * x : Math.sqrt(low) * Math.sqrt(high);
      }
      x = next;
    }
    return x > 0 ? Double.POSITIVE_INFINITY : x;
  }
}
