package dev.sotto.accounting;

/**
 * The losses of an event in one direction of neighbours: their moments, and the sums that tell
 * their smoothed delta, each with the tilt, period and division into large and small releases that
 * keep it short and exact.
 */
final class LossDirection {
  /** Share of delta that aliases and left-out parts may cost. */
  private static final double LOG_SHARE = Math.log(1e-10);

  /** Above this the sum cancels so far that large releases are split off. */
  private static final double LOG_SPLIT = Math.log(1e3);

  /** The same where they cannot be, or where it shortens the sum. */
  private static final double LOG_CANCELLATION = Math.log(1e9);

  /** The same where only a better shape of the panels is gained. */
  private static final double LOG_WEAK = Math.log(1e6);

  /** Log of the probability of a large release up to which splitting helps. */
  private static final double LOG_FEW = -2;

  /** Halvings of the threshold of a large release that are tried. */
  private static final int HALVINGS = 10;

  /** Nodes of a quadrature above which a weaker tilt is taken. */
  private static final int MANY_NODES = 3000;

  private static final double MOST_WORK = 3e7;

  private final GaussianParts parts;
  private final boolean removing;
  private final double delta;
  private final double logDelta;
  private final MomentLadder moments;

  /**
   * The losses of one direction.
   *
   * @param parts the releases
   * @param removing the direction
   * @param delta the delta that will be looked for
   */
  LossDirection(GaussianParts parts, boolean removing, double delta) {
    this.parts = parts;
    this.removing = removing;
    this.delta = delta;
    logDelta = Math.log(delta);
    moments = new MomentLadder(new LossTransform(parts, removing, Double.POSITIVE_INFINITY)::logAt);
  }

  /** Moments of all losses, without smoothing. */
  MomentLadder moments() {
    return moments;
  }

  /** log of how much larger than delta the terms of a sum over all losses are. */
  double cancellation(double v, double epsilon) {
    return moments.logTerm(moments.tilt(v, epsilon), v, epsilon) - logDelta;
  }

  /** Whether a simple bound on the smoothed delta at an epsilon is below delta. */
  boolean isNegligible(double v, double epsilon) {
    double left = epsilon - parts.largestAddedLoss();
    double spread = Math.sqrt(v + parts.variance());
    if (!removing && left > 0 && new GaussianBase(1 / spread).hockeyStick(left) <= delta) {
      return true;
    }
    double before = Double.POSITIVE_INFINITY;
    for (int j = moments.tilt(v, epsilon); ; j += 4) {
      double here = moments.logDelta(j, v, epsilon);
      if (here <= logDelta) {
        return true;
      }
      if (!(here < before)) {
        return false;
      }
      before = here;
    }
  }

  /**
   * The smoothed delta.
   *
   * @param v variance of the smoothing
   * @param epsilon the largest epsilon at which it will be asked for
   * @param negligible share of delta that a part of the sum may have to be left out
   */
  SmoothedDelta smoothed(double v, double epsilon, double negligible) {
    Measure measure = measure(v, epsilon);
    MomentLadder ladder = measure.moments();
    int j = ladder.tilt(v, epsilon);
    Reach reach = reach(measure, v, epsilon, j);
    while (reach.above() > 1.3 * reach.below()) {
      // A weaker tilt makes the losses above weigh less.
      Reach next = reach(measure, v, epsilon, j - 3);
      if (next.period() > 0.95 * reach.period()
          || ladder.logTerm(j - 3, v, epsilon) - logDelta > LOG_CANCELLATION) {
        break;
      }
      j -= 3;
      reach = next;
    }
    while (removing && reach.period() < largestLoss(measure, j)) {
      // Panels are as narrow as the largest losses are large, which a weaker tilt weighs less.
      if (ladder.logTerm(j - 3, v, epsilon) - logDelta > LOG_WEAK) {
        break;
      }
      j -= 3;
      reach = reach(measure, v, epsilon, j);
    }
    while (measure.law().settle(MomentLadder.theta(j)) > MANY_NODES
        && ladder.logTerm(j - 3, v, epsilon) - logDelta <= LOG_WEAK) {
      // A strong tilt of added losses takes ever finer quadratures.
      j -= 3;
      reach = reach(measure, v, epsilon, j);
    }
    double theta = MomentLadder.theta(j);
    double period = reach.period();
    ContourSum sum =
        ContourSum.of(
            measure.law(),
            new ContourSum.Contour(theta, v, period, epsilon, delta, negligible),
            MOST_WORK);
    // Sums over all aliases on a side, each geometric.
    double below = measure.logMass() - theta * period - Math.log(-Math.expm1(-theta * period));
    double over = (reach.tilt() - theta) * period;
    double above = reach.log() - over - Math.log(-Math.expm1(-over));
    return new SmoothedDelta(
        sum,
        theta,
        measure.small(),
        new SmoothedDelta.Bound(below, 0),
        new SmoothedDelta.Bound(above, reach.tilt()));
  }

  /**
   * What is summed.
   *
   * @param law its transform
   * @param moments its moments
   * @param logMass log of its mass
   * @param small a bound on the rest
   */
  private record Measure(
      LossTransform law, MomentLadder moments, double logMass, SmoothedDelta.Bound small) {}

  private Measure measure(double v, double epsilon) {
    if (removing && cancellation(v, epsilon) > LOG_SPLIT) {
      double threshold = epsilon / 2;
      for (int i = 0; i < HALVINGS; i++, threshold /= 2) {
        SmoothedDelta.Bound small = small(threshold, v, epsilon);
        if (Math.log(small.at(epsilon)) < logDelta + LOG_SHARE) {
          LossTransform law = new LossTransform(parts, true, threshold);
          double mass = law.logAt(0);
          MomentLadder large = new MomentLadder(law::logAt);
          int j = large.from(1 + 1 / epsilon).tilt(v, epsilon);
          // Where hardly any release is large rounding may be all there is; where many are,
          // nothing is gained.
          if (mass < LOG_FEW && large.at(j) < Double.POSITIVE_INFINITY) {
            return new Measure(law, large, mass, small);
          }
          break;
        }
      }
    }
    LossTransform all = new LossTransform(parts, removing, Double.POSITIVE_INFINITY);
    return new Measure(all, moments, 0, SmoothedDelta.Bound.NOTHING);
  }

  /** Chernoff's bound on what outcomes without a large release cost. */
  private SmoothedDelta.Bound small(double threshold, double v, double epsilon) {
    MomentLadder ladder = new MomentLadder(new SmallPart(parts, threshold)::logAt);
    int j = ladder.from(20 / epsilon).tilt(v, epsilon);
    return new SmoothedDelta.Bound(ladder.logDelta(j, v, 0), MomentLadder.theta(j));
  }

  /**
   * How far aliases must lie below and above for each side to cost a negligible part of delta.
   *
   * @param tilt the tilt of Chernoff's bound above
   * @param log the log of that bound at epsilon 0
   */
  private record Reach(double below, double above, double tilt, double log) {
    double period() {
      return Math.max(below, above);
    }
  }

  private static double largestLoss(Measure measure, int j) {
    measure.law().settle(MomentLadder.theta(j));
    return measure.law().largestLoss();
  }

  private Reach reach(Measure measure, double v, double epsilon, int j) {
    double goal = logDelta + LOG_SHARE;
    double theta = MomentLadder.theta(j);
    double below = Math.max(1, measure.logMass() - goal) / theta;
    Reach best = null;
    for (int more = 1; more <= 16; more *= 2) {
      double t = MomentLadder.theta(j + more);
      double log = measure.moments().logDelta(j + more, v, 0);
      double above = Math.max(0, log - t * epsilon - goal) / (t - theta);
      if (best == null || above < best.above()) {
        best = new Reach(below, above, t, log);
      }
    }
    return best;
  }
}
