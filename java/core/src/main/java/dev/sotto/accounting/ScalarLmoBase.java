package dev.sotto.accounting;

import dev.sotto.noise.LmoNoise;
import java.util.List;
import java.util.Objects;

/**
 * Additive LMO noise on a scalar that one unit moves by at most D, in the unit of the law.
 *
 * <p>The pair with shift D dominates that of every smaller shift v: for t at or above 0 the hockey
 * stick is taken over an interval (x1, x2) of the positive axis, its derivative in v is p(v - x1) -
 * p(x2 - v), and on its ends p(v - x1) = exp(t) p(x1) and p(x2 - v) = exp(t) p(x2), so it is at
 * least 0 because p falls on the positive axis. Where x2 is infinite the second term is 0. Symmetry
 * about 0 covers the other direction.
 */
final class ScalarLmoBase implements BaseMechanism {
  private final LmoNoise law;
  private final double shift;
  private final ShiftedLoss loss;
  private final RenyiCurve curve;

  ScalarLmoBase(LmoNoise law, double shift) {
    this.law = law;
    this.shift = shift;
    loss = new ShiftedLoss(law, shift);
    curve = new RenyiCurve(order -> LmoDivergence.renyiExact(law, order, shift));
  }

  @Override
  public double renyi(double order) {
    return curve.divergence(order);
  }

  /**
   * Above t lie the outcomes from {@link ShiftedLoss#insideAt} up to this much beyond the shift.
   */
  private double reach(double t) {
    return t <= loss.limit() ? Double.POSITIVE_INFINITY : loss.outsideAt(t);
  }

  @Override
  public double survival1(double t) {
    if (t >= largestLoss()) {
      return 0;
    }
    if (t < -loss.limit()) {
      return 1 - survival0(-t);
    }
    double reach = reach(t);
    double beyond = Double.isInfinite(reach) ? 1 : law.usefulness(reach);
    return 0.5 * (law.usefulness(shift - loss.insideAt(t)) + beyond);
  }

  @Override
  public double survival0(double t) {
    if (t >= largestLoss()) {
      return 0;
    }
    if (t < -loss.limit()) {
      // The law of t under p0 is that of -t under p1.
      return 1 - survival1(-t);
    }
    double near = law.logMgf(-loss.insideAt(t));
    double reach = reach(t);
    double far = Double.isInfinite(reach) ? reach : near - law.logMgf(-(shift + reach));
    return -0.5 * Math.exp(near) * Math.expm1(-far);
  }

  @Override
  public double hockeyStick(double t) {
    if (t >= largestLoss()) {
      return 0;
    }
    return Math.max(0, survival1(t) - Math.exp(t) * survival0(t));
  }

  @Override
  public double largestLoss() {
    return loss.largest();
  }

  @Override
  public double edgeAtom() {
    return 0;
  }

  @Override
  public List<Branch> branches() {
    return List.of(new Inside(), new Outside(true), new Outside(false));
  }

  /** Outcomes between 0 and D, by their position. */
  private final class Inside implements Branch {
    @Override
    public Interval between(double left, double right) {
      return new Interval(loss.insideAt(left), loss.insideAt(right));
    }

    @Override
    public double ratio(double x) {
      return loss.inside(x);
    }

    @Override
    public double density0(double x) {
      return law.density(x);
    }

    @Override
    public double density1(double x) {
      return law.density(shift - x);
    }

    @Override
    public double slope(double from, double to) {
      return Math.max(slopeAt(from), slopeAt(shift - to));
    }
  }

  /** Outcomes right of D or left of 0, by their distance s from there. */
  private final class Outside implements Branch {
    private final boolean right;

    Outside(boolean right) {
      this.right = right;
    }

    @Override
    public Interval between(double low, double high) {
      return right
          ? new Interval(loss.outsideAt(high), loss.outsideAt(low))
          : new Interval(loss.outsideAt(-low), loss.outsideAt(-high));
    }

    @Override
    public double ratio(double s) {
      return right ? loss.outside(s) : -loss.outside(s);
    }

    @Override
    public double density0(double s) {
      return law.density(right ? s + shift : s);
    }

    @Override
    public double density1(double s) {
      return law.density(right ? s : s + shift);
    }

    @Override
    public double slope(double from, double to) {
      return slopeAt(from);
    }
  }

  /**
   * The density continues analytically to p(x) = M'(-x)/2 for x above minus the pole of M, as the
   * mean of u exp(-u x)/2 over the inverse scale u. Because u^n is at most n!/r^n exp(u r), its
   * n-th derivative is at most n!/r^n p(x - r) in size for every r with x - r in that domain, and
   * its relative derivatives fall with x.
   */
  private double slopeAt(double x) {
    double room = Math.min(x + law.pole(), 1e12 / law.meanInverseScale());
    double here = logContinued(x);
    double worst = 0;
    for (int n : ORDERS) {
      double best = Double.POSITIVE_INFINITY;
      double typical = n / -law.logDensitySlope(Math.max(x, Double.MIN_NORMAL));
      for (double share : SHARES) {
        double r = Math.min(share * typical, 0.95 * room);
        best = Math.min(best, bound(n, r, logContinued(x - r) - here));
      }
      if (x > 0) {
        // In a tail that falls like a power the others would reach far beyond 0.
        best = Math.min(best, bound(n, 0.5 * x, logContinued(0.5 * x) - here));
      }
      worst = Math.max(worst, best);
    }
    return worst;
  }

  private static double bound(int n, double r, double excess) {
    return Math.exp((logFactorial(n) + excess) / n) / r;
  }

  private static final int[] ORDERS = {6, 8, 16};
  private static final double[] SHARES = {0.25, 0.5, 1};

  private static double logFactorial(int n) {
    double sum = 0;
    for (int k = 2; k <= n; k++) {
      sum += Math.log(k);
    }
    return sum;
  }

  private double logContinued(double x) {
    return x >= 0 ? law.logDensity(x) : Math.log(0.5 * law.mgfDerivative(-x));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ScalarLmoBase that && law.equals(that.law) && shift == that.shift;
  }

  @Override
  public int hashCode() {
    return Objects.hash(law, shift);
  }
}
