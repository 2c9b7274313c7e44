package dev.sotto.accounting;

import java.util.List;
import org.apache.commons.math3.analysis.integration.gauss.GaussIntegrator;
import org.apache.commons.math3.analysis.integration.gauss.GaussIntegratorFactory;

/**
 * The pair (P, Q) of a {@link SampledMechanism} put on the grid x = k step in two ways at once.
 *
 * <p><b>Points (pessimistic).</b> The mass of every outcome with log ratio x between two grid
 * points is split between them so that both the P mass and the Q mass of every cell are kept: the
 * "connect the dots" construction of Doroshenko et al. 2022. Keeping both masses makes dQ/dP a
 * martingale under the split, so the grid pair dominates the true one in every hockey-stick
 * divergence, in both directions, and so do its compositions (Zhu, Dong and Wang 2022, Theorem 10).
 * One array serves both directions, because swapping P and Q swaps the construction with itself.
 * Outside the grid: above, the part P - exp(x_top) Q goes to infinite loss and the rest to the top
 * point; below, the same with the roles swapped. Both again only raise losses.
 *
 * <p><b>Cells (for the lower end).</b> The exact P and Q mass of every cell, the two tails being
 * cells too. The index of the cell is a function of the output, so whatever an adversary can do
 * with sums of indices he can do with the outputs: no assumption is needed.
 *
 * <p><b>Numerics.</b> Masses are Gauss-Legendre sums of non-negative terms, with panels so short
 * relative to the log slope of the integrand that the remainder f^(2n) (n!)^4 w^(2n+1) / ((2n+1)
 * (2n)!^3) is below 1e-13 of the mass. With rounding every mass is right to {@link #MASS_ERROR} of
 * itself. An error in the position of a cell border moves losses by at most a few units of rounding
 * of the border, which {@link #POSITION_ERROR} bounds.
 */
final class LossGrid {
  /** Bound on the relative error of every mass. */
  static final double MASS_ERROR = 1e-12;

  /** Bound on the error of a loss value relative to 1 + its size. */
  static final double POSITION_ERROR = 1e-14;

  private static final int COARSE = 8;

  /** Longest panel of the quadrature, in units of the inverse log slope. */
  private static final double PANEL = 3.5;

  /** More panels than this are not worth their time. */
  private static final long MOST_PANELS = 5_000_000;

  private static final GaussIntegrator[] RULES = new GaussIntegrator[COARSE + 1];

  static {
    GaussIntegratorFactory factory = new GaussIntegratorFactory();
    for (int nodes : new int[] {3, 4, COARSE}) {
      RULES[nodes] = factory.legendre(nodes, 0, 1);
    }
  }

  private final SampledMechanism mechanism;
  private final BaseMechanism base;
  private final List<BaseMechanism.Branch> branches;
  private final double q;
  private final double step;
  private final int low;
  private final double[] with;
  private final double[] without;
  private final double[] cellWith;
  private final double[] cellWithout;
  private final double[] spread;
  private double infiniteWith;
  private double infiniteWithout;
  private long panels;

  /**
   * Lays the grid over the points low..high, which must differ.
   *
   * @throws ArithmeticException if a density is too steep for the quadrature to get anywhere
   */
  LossGrid(SampledMechanism mechanism, double step, int low, int high) {
    this.mechanism = mechanism;
    this.base = mechanism.base();
    this.branches = base.branches();
    this.q = mechanism.probability();
    this.step = step;
    this.low = low;
    int points = high - low + 1;
    with = new double[points];
    without = new double[points];
    cellWith = new double[points + 1];
    cellWithout = new double[points + 1];
    spread = new double[points];
    double left = mechanism.baseAt(low * step);
    for (int k = 0; k + 1 < points; k++) {
      double right = mechanism.baseAt((low + k + 1) * step);
      fillCell(k, left, right);
      left = right;
    }
    if (base.edgeAtom() > 0) {
      double top = base.largestLoss();
      addAtom(top, base.edgeAtom() * Math.exp(-top), base.edgeAtom());
      addAtom(-top, base.edgeAtom(), base.edgeAtom() * Math.exp(-top));
    }
    closeTails(low * step, high * step);
  }

  /** Pessimistic masses when a unit is removed; {@link #infiniteWith} is missing from the total. */
  LossMass removing() {
    return new LossMass(low, step, with);
  }

  /** Pessimistic masses when a unit is added; {@link #infiniteWithout} is missing. */
  LossMass adding() {
    return new LossMass(low, step, without).reversed();
  }

  /** Exact P masses of the cells, indexed from one below the first point. */
  LossMass cellsWith() {
    return new LossMass(low - 1, step, cellWith);
  }

  /** Exact Q masses of the cells, indexed alike. */
  LossMass cellsWithout() {
    return new LossMass(low - 1, step, cellWithout);
  }

  /** P mass of infinite loss when removing. */
  double infiniteWith() {
    return infiniteWith;
  }

  /** Q mass of infinite loss when adding. */
  double infiniteWithout() {
    return infiniteWithout;
  }

  /**
   * By how much splitting raises log E[exp(theta loss)] of one release, to first order: splitting
   * at fraction u of a cell adds variance u (1-u) to exp(-loss) in units of the cell.
   *
   * @param removing which direction
   * @param theta the tilt
   * @param logMoment log E[exp(theta loss)] of that direction
   */
  double excess(boolean removing, double theta, double logMoment) {
    double sum = 0;
    for (int k = 0; k < spread.length; k++) {
      if (spread[k] > 0) {
        double x = (low + k + 0.5) * step;
        sum += spread[k] * Math.exp((removing ? theta * x : -(theta + 1) * x) - logMoment);
      }
    }
    return 0.5 * theta * (theta + 1) * step * step * sum;
  }

  private void closeTails(double bottom, double top) {
    infiniteWith = mechanism.removeDelta(top);
    double above = mechanism.withAbove(top);
    double aboveWithout = mechanism.withoutAbove(top);
    int last = with.length - 1;
    // The difference cancels where most of the tail is infinite; rounding up is on the safe side.
    with[last] += Math.max(0, above - infiniteWith) + 1e-15 * above;
    without[last] += aboveWithout;
    cellWith[last + 1] += above;
    cellWithout[last + 1] += aboveWithout;
    infiniteWithout = mechanism.addDelta(-bottom);
    double below = mechanism.withBelow(bottom);
    double belowWithout = mechanism.withoutBelow(bottom);
    with[0] += below;
    without[0] += Math.max(0, belowWithout - infiniteWithout) + 1e-15 * belowWithout;
    cellWith[0] += below;
    cellWithout[0] += belowWithout;
  }

  private void fillCell(int k, double left, double right) {
    double x = (low + k) * step;
    // Integrate whichever of P and Q is the larger, so that far tails do not underflow.
    boolean inWith = x >= 0;
    Cell cell = new Cell(left, right, x, inWith);
    for (BaseMechanism.Branch branch : branches) {
      BaseMechanism.Interval interval = branch.between(left, right);
      double to = interval.to();
      for (double from = interval.from(); from < to; ) {
        double slope = branch.slope(from, to);
        double end = Math.min(to, from + PANEL / slope);
        if (!(end > from) || ++panels > MOST_PANELS) {
          throw new ArithmeticException("a density too steep for any quadrature");
        }
        cell.addPanel(branch, from, end, (end - from) * slope);
        from = end;
      }
    }
    put(k, cell.lower, cell.upper, cell.split, inWith);
  }

  /** The integrals of one cell: what its two points get, and the variance that splitting adds. */
  private final class Cell {
    private final double left;
    private final double width;
    private final boolean inWith;
    private final double grown;
    private final double offsetP;
    private final double kappa;
    private final double kappaNext;
    private double lower;
    private double upper;
    private double split;

    Cell(double left, double right, double x, boolean inWith) {
      this.left = left;
      this.inWith = inWith;
      width = right - left;
      grown = Math.expm1(width);
      offsetP = q + (1 - q) * Math.exp(-left);
      kappa = Math.expm1(x) / q + 1;
      kappaNext = Math.exp(right);
    }

    void addPanel(BaseMechanism.Branch branch, double from, double to, double reach) {
      GaussIntegrator rule = RULES[reach <= 0.05 ? 3 : reach <= 0.3 ? 4 : COARSE];
      double panel = to - from;
      for (int i = 0; i < rule.getNumberOfPoints(); i++) {
        double y = from + rule.getPoint(i) * panel;
        double t = branch.ratio(y);
        double u =
            left == Double.NEGATIVE_INFINITY
                ? (Math.exp(t) - kappa) / (kappaNext - kappa)
                : fraction(t - left, width);
        // The ends of an interval are solved for, and may miss the cell's by a rounding.
        u = Math.max(0, Math.min(1, u));
        double weight = rule.getWeight(i) * panel;
        if (inWith) {
          // exp(x - t) = (q + (1-q) exp(-left)) exp(left - t), and P = exp(x - t) density1.
          double e = width < 600 ? 1 + u * grown : Math.exp(t - left);
          weight *= branch.density1(y) * offsetP / e;
        } else {
          weight *= branch.density0(y);
        }
        lower += weight * (1 - u);
        upper += weight * u;
        split += weight * u * (1 - u);
      }
    }
  }

  /** (exp(offset) - 1) / (exp(width) - 1) for an offset from 0 to width. */
  private static double fraction(double offset, double width) {
    if (width < 0.01) {
      return offset / width * growth(offset) / growth(width);
    }
    return width < 600 ? Math.expm1(offset) / Math.expm1(width) : Math.exp(offset - width);
  }

  private static double growth(double x) {
    return 1 + x * (1 / 2.0 + x * (1 / 6.0 + x * (1 / 24.0 + x * (1 / 120.0 + x / 720))));
  }

  /**
   * Books one cell. In the domain of P the integrals carry exp(x_k) as common factor: the lower
   * point gets it as it is, the upper one times exp(step).
   */
  private void put(int k, double lower, double upper, double split, boolean inWith) {
    double atLower = Math.exp(inWith ? -(low + k) * step : (low + k) * step);
    double lift = Math.exp(step);
    if (inWith) {
      double raised = upper * lift;
      with[k] += lower;
      with[k + 1] += raised;
      without[k] += lower * atLower;
      without[k + 1] += upper * atLower;
      cellWith[k + 1] += lower + raised;
      cellWithout[k + 1] += (lower + upper) * atLower;
      spread[k] += split;
    } else {
      without[k] += lower;
      without[k + 1] += upper;
      with[k] += lower * atLower;
      with[k + 1] += upper * lift * atLower;
      cellWithout[k + 1] += lower + upper;
      cellWith[k + 1] += (lower + upper * lift) * atLower;
      spread[k] += split * atLower;
    }
  }

  private void addAtom(double t, double mass0, double mass1) {
    double x = mechanism.ratioAt(t);
    int k = (int) Math.floor(x / step) - low;
    k = Math.max(0, Math.min(k, with.length - 2));
    double left = (low + k) * step;
    double u = Math.max(0, Math.min(1, fraction(Math.max(0, x - left), step)));
    if (left >= 0) {
      double p = (1 - q) * mass0 + q * mass1;
      // P = exp(x) Q, so the common factor exp(x_k) is P exp(x_k - x).
      double common = p * Math.exp(left - x);
      put(k, common * (1 - u), common * u, common * u * (1 - u), true);
    } else {
      put(k, mass0 * (1 - u), mass0 * u, mass0 * u * (1 - u), false);
    }
  }
}
