package dev.sotto.accounting;

import java.util.List;

/**
 * Additive Gaussian noise: t is normal with mean -m under p0, +m under p1 and standard deviation
 * 1/z in both, where m = 1/(2 z^2).
 *
 * @param multiplier the noise multiplier z
 */
record GaussianBase(double multiplier) implements BaseMechanism {

  private double mean() {
    return 0.5 / multiplier / multiplier;
  }

  @Override
  public double renyi(double order) {
    return order * mean();
  }

  @Override
  public double survival0(double t) {
    return NormalTail.survival((t + mean()) * multiplier);
  }

  @Override
  public double survival1(double t) {
    return NormalTail.survival((t - mean()) * multiplier);
  }

  /**
   * Balle and Wang 2018, Theorem 8. Because exp(t) density0 = density1, the difference of the two
   * tails is density(a) (R(a) - R(b)) with R the Mills ratio, which does not cancel far out.
   */
  @Override
  public double hockeyStick(double t) {
    double a = (t - mean()) * multiplier;
    double b = a + 1 / multiplier;
    if (a >= 0) {
      return Math.max(0, NormalTail.density(a) * (NormalTail.mills(a) - NormalTail.mills(b)));
    }
    double without =
        b >= 0 ? NormalTail.density(a) * NormalTail.mills(b) : Math.exp(t) * NormalTail.survival(b);
    return Math.max(0, NormalTail.survival(a) - without);
  }

  @Override
  public double largestLoss() {
    return Double.POSITIVE_INFINITY;
  }

  @Override
  public double edgeAtom() {
    return 0;
  }

  @Override
  public List<Branch> branches() {
    return List.of(new WholeLine(this));
  }

  private record WholeLine(GaussianBase base) implements Branch {
    /** From below, where the densities are negligible even relative to the cell that ends there. */
    @Override
    public Interval between(double left, double right) {
      double negligible = Math.min(right, -base.mean()) - 16 / base.multiplier;
      return new Interval(left == Double.NEGATIVE_INFINITY ? negligible : left, right);
    }

    @Override
    public double ratio(double t) {
      return t;
    }

    @Override
    public double density0(double t) {
      return base.multiplier * NormalTail.density((t + base.mean()) * base.multiplier);
    }

    @Override
    public double density1(double t) {
      return base.multiplier * NormalTail.density((t - base.mean()) * base.multiplier);
    }

    /**
     * The n-th derivative of a normal density is a Hermite polynomial times it, below (|x| + 3)^n
     * times it for the orders in use.
     */
    @Override
    public double slope(double from, double to) {
      double farthest = Math.max(Math.abs(from), Math.abs(to));
      return ((farthest + base.mean()) * base.multiplier + 3) * base.multiplier + 1;
    }
  }
}
