package dev.sotto.noise;

/**
 * A uniform law on [low, high], a point mass where both are equal. With y = (high - low) |t| the
 * tilted law sits at the edge that t favours, at a mean distance of (high - low) (1/y - 1/(e^y -
 * 1)).
 */
record UniformTerm(double low, double high) implements InverseScaleTerm {
  /** Of 1/2 - (1/y - 1/(e^y - 1)) = y/12 - y^3/720 + ...: the Bernoulli numbers B_2k / (2k)!. */
  private static final double[] SERIES = {
    1 / 12.0,
    -1 / 720.0,
    1 / 30240.0,
    -1 / 1209600.0,
    1 / 47900160.0,
    -691 / 1307674368000.0,
    1 / 74724249600.0,
    -3617 / 10670622842880000.0,
    43867 / 5109094217170944000.0,
    -174611 / 802857662698291200000.0
  };

  @Override
  public Cumulants at(double t) {
    double width = high - low;
    double y = width * Math.abs(t);
    double shift = width * (y < 1 ? 0.5 - centreDrop(y) : 1 / y - 1 / Math.expm1(y));
    return t <= 0
        ? new Cumulants(low * t + logDecay(y), low + shift, width * width * spread(y))
        : new Cumulants(high * t + logDecay(y), high - shift, width * width * spread(y));
  }

  @Override
  public double meanDrop(double x) {
    return (high - low) * centreDrop((high - low) * x);
  }

  @Override
  public double pole() {
    return Double.POSITIVE_INFINITY;
  }

  @Override
  public double shapeAtZero() {
    return low > 0 ? Double.POSITIVE_INFINITY : 1;
  }

  /** log((1 - e^-y) / y) = -y/2 + log(sinh(y/2) / (y/2)), the latter by its series for small y. */
  private static double logDecay(double y) {
    if (y >= 0.5) {
      return Math.log(-Math.expm1(-y) / y);
    }
    double h = 0.25 * y * y;
    double r = h / 6 * (1 + h / 20 * (1 + h / 42 * (1 + h / 72 * (1 + h / 110 * (1 + h / 156)))));
    return -0.5 * y + Math.log1p(r);
  }

  /** 1/2 - (1/y - 1/(e^y - 1)), from 0 at 0 to 1/2. */
  private static double centreDrop(double y) {
    if (y >= 1) {
      return 0.5 - (1 / y - 1 / Math.expm1(y));
    }
    double sum = 0;
    for (int k = SERIES.length - 1; k >= 0; k--) {
      sum = sum * y * y + SERIES[k];
    }
    return sum * y;
  }

  /** The variance on a unit interval: 1/y^2 - 1/(4 sinh(y/2)^2), the derivative of centreDrop. */
  private static double spread(double y) {
    if (y >= 1) {
      double sinh = Math.sinh(0.5 * y);
      return 1 / y / y - 0.25 / sinh / sinh;
    }
    double sum = 0;
    for (int k = SERIES.length - 1; k >= 0; k--) {
      sum = sum * y * y + (2 * k + 1) * SERIES[k];
    }
    return sum;
  }
}
