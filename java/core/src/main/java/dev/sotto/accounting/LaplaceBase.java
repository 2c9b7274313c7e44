package dev.sotto.accounting;

import java.util.List;

/**
 * Additive Laplace noise on a scalar: with D = sensitivity / scale, t lies in [-D, D], has atoms at
 * both ends and between them density exp(-(D - t)/2)/4 under p1.
 *
 * @param ratio scale divided by sensitivity, 1/D
 */
record LaplaceBase(double ratio) implements BaseMechanism {

  /** Mironov 2017, Proposition 6. */
  @Override
  public double renyi(double order) {
    double d = largestLoss();
    double less = order - 1;
    double logNear = Math.log(order / (2 * order - 1)) + less * d;
    double logFar = Math.log(less / (2 * order - 1)) - order * d;
    if (less * d < 0.5) {
      // Both weights sum to 1, so the divergence is log1p of small numbers.
      double excess =
          (order * Math.expm1(less * d) + less * Math.expm1(-order * d)) / (2 * order - 1);
      return Math.log1p(excess) / less;
    }
    return (logNear + Math.log1p(Math.exp(logFar - logNear))) / less;
  }

  @Override
  public double survival0(double t) {
    double d = largestLoss();
    if (t >= d) {
      return 0;
    }
    return t < -d ? 1 : 0.5 * Math.exp(-0.5 * (d + t));
  }

  @Override
  public double survival1(double t) {
    double d = largestLoss();
    if (t >= d) {
      return 0;
    }
    return t < -d ? 1 : 1 - 0.5 * Math.exp(-0.5 * (d - t));
  }

  @Override
  public double hockeyStick(double t) {
    double d = largestLoss();
    if (t >= d) {
      return 0;
    }
    return t <= -d ? -Math.expm1(t) : -Math.expm1(-0.5 * (d - t));
  }

  @Override
  public double largestLoss() {
    return 1 / ratio;
  }

  @Override
  public double edgeAtom() {
    return 0.5;
  }

  @Override
  public List<Branch> branches() {
    return List.of(new BetweenTheAtoms(largestLoss()));
  }

  private record BetweenTheAtoms(double limit) implements Branch {
    @Override
    public Interval between(double left, double right) {
      return new Interval(Math.max(left, -limit), Math.min(right, limit));
    }

    @Override
    public double ratio(double t) {
      return t;
    }

    @Override
    public double density0(double t) {
      return 0.25 * Math.exp(-0.5 * (limit + t));
    }

    @Override
    public double density1(double t) {
      return 0.25 * Math.exp(-0.5 * (limit - t));
    }

    @Override
    public double slope(double from, double to) {
      return 1.5;
    }
  }
}
