package dev.sotto.accounting;

import java.util.Map;

/**
 * The mechanisms of an event laid on one common grid, and the choice of that grid. Nothing here
 * needs to be exact: whatever grid is chosen, the bounds read off it are proven; only their width
 * and the time they take depend on it.
 */
final class CommonGrid {
  /** Epsilon may exceed its true value by this much of itself through discretisation. */
  private static final double RELATIVE = 4e-4;

  /** The same in absolute terms, for tiny epsilon. */
  private static final double ABSOLUTE = 5e-6;

  /** Part of delta that each tail cut off a grid may cost. */
  private static final double TRUNCATION = 1e-6;

  private static final int FIRST_POINTS = 400;
  private static final int MOST_POINTS = 1 << 19;

  /** Most grid steps in the standard deviation of the sum; some 16 of them must fit a transform. */
  private static final double MOST_SPREAD = 50_000;

  /** Grids coarser than this would overflow exp(step). */
  private static final double COARSEST = 300;

  private final SampledMechanism[] mechanisms;
  private final long[] counts;
  private final double delta;
  private final double step;
  private final LossGrid[] grids;
  private final Direction removing;
  private final Direction adding;

  /** One direction of the neighbouring relation. */
  final class Direction {
    private final boolean isRemoving;
    private final ComposedLoss loss;
    private final double finiteDelta;
    private final ComposedLoss.Saddle saddle;

    private Direction(boolean isRemoving, double nearTheta) {
      this.isRemoving = isRemoving;
      LossMass[] parts = new LossMass[grids.length];
      double infinite = 0;
      for (int i = 0; i < parts.length; i++) {
        parts[i] = isRemoving ? grids[i].removing() : grids[i].adding();
        infinite += counts[i] * (isRemoving ? grids[i].infiniteWith() : grids[i].infiniteWithout());
      }
      loss = new ComposedLoss(parts, counts);
      // Infinite loss anywhere costs its probability outright; 1 + 1e-9 covers its rounding.
      finiteDelta = delta - infinite * (1 + 1e-9);
      saddle =
          finiteDelta > 0
              ? loss.saddle(finiteDelta, nearTheta)
              : new ComposedLoss.Saddle(1, Double.POSITIVE_INFINITY);
    }

    boolean removing() {
      return isRemoving;
    }

    /** The pessimistic loss of the whole event, without its infinite part. */
    ComposedLoss loss() {
      return loss;
    }

    /** What is left of delta once infinite losses are paid for; may be 0 or below. */
    double finiteDelta() {
      return finiteDelta;
    }

    ComposedLoss.Saddle saddle() {
      return saddle;
    }

    /** First-order estimate of what discretisation adds to epsilon. */
    private double excess(double theta) {
      double sum = 0;
      for (int i = 0; i < grids.length; i++) {
        sum +=
            counts[i]
                * grids[i].excess(isRemoving, theta, loss.parts()[i].logMoment(theta))
                / theta;
      }
      return sum;
    }

    /** The laws of the cell indices under (numerator, denominator) of this direction. */
    ComposedLoss cells(boolean numerator) {
      LossMass[] parts = new LossMass[grids.length];
      for (int i = 0; i < parts.length; i++) {
        LossMass cells = numerator == isRemoving ? grids[i].cellsWith() : grids[i].cellsWithout();
        parts[i] = isRemoving ? cells : cells.reversed();
      }
      return new ComposedLoss(parts, counts);
    }
  }

  private CommonGrid(
      SampledMechanism[] mechanisms,
      long[] counts,
      double delta,
      double step,
      double epsilonGuess,
      double nearThetaRemoving,
      double nearThetaAdding) {
    this.mechanisms = mechanisms;
    this.counts = counts;
    this.delta = delta;
    this.step = step;
    grids = new LossGrid[mechanisms.length];
    for (int i = 0; i < grids.length; i++) {
      double bottom = bottom(i, epsilonGuess);
      double top = top(i, epsilonGuess);
      int low = (int) Math.floor(bottom / step);
      int high = (int) Math.ceil(top / step);
      // The quotients round; a grid that misses its end by one rounding would count an atom there
      // as tail once more.
      low -= low * step > bottom ? 1 : 0;
      high += high * step < top ? 1 : 0;
      grids[i] = new LossGrid(mechanisms[i], step, low, Math.max(high, low + 1));
    }
    removing = new Direction(true, nearThetaRemoving);
    adding = new Direction(false, nearThetaAdding);
  }

  /** Finds a grid for an event at a delta; null if the losses are too large for any. */
  static CommonGrid choose(Map<SampledMechanism, Long> event, double delta) {
    SampledMechanism[] mechanisms = event.keySet().toArray(SampledMechanism[]::new);
    long[] counts = event.values().stream().mapToLong(Long::longValue).toArray();
    double step = firstStep(mechanisms, counts, delta);
    if (!(step < COARSEST)) {
      return null;
    }
    CommonGrid probe =
        new CommonGrid(mechanisms, counts, delta, step, Double.POSITIVE_INFINITY, 0, 0);
    if (!(probe.removing.finiteDelta > 0) || !(probe.adding.finiteDelta > 0)) {
      return null;
    }
    double epsilon = Math.max(probe.removing.saddle.epsilon(), probe.adding.saddle.epsilon());
    // Very many releases: even this grid may be too fine for their sum to fit.
    return probe.spread() > MOST_SPREAD ? probe.withStep(0, epsilon) : probe.refined(epsilon);
  }

  private static double firstStep(SampledMechanism[] mechanisms, long[] counts, double delta) {
    double widest = 0;
    for (int i = 0; i < mechanisms.length; i++) {
      double tail = TRUNCATION * delta / counts[i] / mechanisms.length;
      widest =
          Math.max(
              widest,
              topOf(mechanisms[i], tail, Double.POSITIVE_INFINITY)
                  - bottomOf(mechanisms[i], tail, Double.POSITIVE_INFINITY));
    }
    return widest / FIRST_POINTS;
  }

  /** A grid fine enough for epsilon near the one given, or as fine as memory allows. */
  CommonGrid refined(double epsilon) {
    CommonGrid grid = this;
    for (int round = 0; round < 12; round++) {
      double ratio = allowed(epsilon) / grid.costNear(epsilon);
      if (ratio >= 1 || grid.exhausted()) {
        break;
      }
      double factor = Math.max(0.05, Math.min(0.8, 0.9 * Math.sqrt(ratio)));
      grid = grid.withStep(grid.step * factor, epsilon);
      epsilon =
          Math.min(epsilon, Math.max(grid.removing.saddle.epsilon(), grid.adding.saddle.epsilon()));
    }
    return grid;
  }

  /** Whether discretisation may cost clearly more than allowed at the epsilon actually found. */
  boolean tooCoarseFor(double epsilon) {
    return !exhausted() && costNear(epsilon) > 2 * allowed(epsilon);
  }

  /** By how much an epsilon may exceed the true one without another attempt. */
  static double allowed(double epsilon) {
    return Math.max(RELATIVE * epsilon, ABSOLUTE);
  }

  private double costNear(double epsilon) {
    double worst = 0;
    for (Direction direction : new Direction[] {removing, adding}) {
      double theta = direction.saddle.theta();
      if (direction.saddle.epsilon() > epsilon) {
        theta = direction.loss.tiltFor(Math.max(epsilon, 0), theta);
      }
      worst = Math.max(worst, direction.excess(theta));
    }
    return worst;
  }

  private CommonGrid withStep(double wanted, double epsilon) {
    double widest = 0;
    for (LossGrid grid : grids) {
      widest = Math.max(widest, grid.removing().mass().length);
    }
    double finest = step * Math.max(widest / MOST_POINTS, spread() / MOST_SPREAD);
    // Cutting tails relative to epsilon needs a safe guess of it, since the true one may be larger.
    double guess = 2 * Math.max(epsilon, 0) + 2;
    return new CommonGrid(
        mechanisms,
        counts,
        delta,
        Math.max(wanted, finest),
        guess,
        removing.saddle.theta(),
        adding.saddle.theta());
  }

  /** Whether the grid cannot be made much finer. */
  boolean exhausted() {
    for (LossGrid grid : grids) {
      if (grid.removing().mass().length > MOST_POINTS / 2) {
        return true;
      }
    }
    return spread() > MOST_SPREAD / 2;
  }

  private double spread() {
    return Math.max(removing.loss.spread(), adding.loss.spread());
  }

  Direction removing() {
    return removing;
  }

  Direction adding() {
    return adding;
  }

  long releases() {
    long sum = 0;
    for (long count : counts) {
      sum += count;
    }
    return sum;
  }

  /** The sum of the largest losses, a bound at every delta; infinite for Gaussian noise. */
  double pureEpsilon() {
    double sum = 0;
    for (int i = 0; i < mechanisms.length; i++) {
      sum += counts[i] * Math.max(mechanisms[i].largestRatio(), -mechanisms[i].smallestRatio());
    }
    return sum;
  }

  /** By how much rounding of grid positions can move the sum of losses. */
  double positionError() {
    double sum = 0;
    for (int i = 0; i < grids.length; i++) {
      LossMass mass = grids[i].removing();
      double largest = step * Math.max(Math.abs(mass.low()), Math.abs(mass.high()));
      sum += counts[i] * LossGrid.POSITION_ERROR * (1 + largest);
    }
    return sum;
  }

  private double top(int i, double epsilonGuess) {
    return topOf(mechanisms[i], TRUNCATION * delta / counts[i] / counts.length, epsilonGuess);
  }

  private double bottom(int i, double epsilonGuess) {
    return bottomOf(mechanisms[i], TRUNCATION * delta / counts[i] / counts.length, epsilonGuess);
  }

  /**
   * Where a grid may end above: the mass beyond is negligible, or counting it as infinite loss is,
   * which wrongs epsilon only by exp(epsilon) times the Q mass beyond.
   */
  private static double topOf(SampledMechanism m, double tail, double epsilonGuess) {
    double limit = m.largestRatio();
    // Where exp(-epsilon) leaves the range of a double the second criterion says nothing.
    double scaled = epsilonGuess < 500 ? tail * Math.exp(-epsilonGuess) : -1;
    double low = 0;
    double high = Math.min(limit, 1e-3);
    while (high < limit && m.withAbove(high) > tail && m.withoutAbove(high) > scaled) {
      low = high;
      high = Math.min(limit, 2 * high);
    }
    for (int i = 0; i < 20 && high < limit; i++) {
      double middle = 0.5 * (low + high);
      if (m.withAbove(middle) > tail && m.withoutAbove(middle) > scaled) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return high;
  }

  private static double bottomOf(SampledMechanism m, double tail, double epsilonGuess) {
    double limit = m.smallestRatio();
    // Where exp(-epsilon) leaves the range of a double the second criterion says nothing.
    double scaled = epsilonGuess < 500 ? tail * Math.exp(-epsilonGuess) : -1;
    double low = 0;
    double high = Math.max(limit, -1e-3);
    while (high > limit && m.withoutBelow(high) > tail && m.withBelow(high) > scaled) {
      low = high;
      high = Math.max(limit, 2 * high);
    }
    for (int i = 0; i < 20 && high > limit; i++) {
      double middle = 0.5 * (low + high);
      if (m.withoutBelow(middle) > tail && m.withBelow(middle) > scaled) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return high;
  }
}
