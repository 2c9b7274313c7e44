package dev.sotto.accounting;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The privacy-loss-distribution accountant: composes whole loss distributions numerically and
 * returns a proven bracket (Koskela, Jalko and Honkela 2020; Gopi, Lee and Wutschitz 2021;
 * Doroshenko et al. 2022 for the discretisation). It is tight for parameters that were fixed in
 * advance, and sound under adaptive choices that leave the dominating pair of every step unchanged
 * (Zhu, Dong and Wang 2022); it is not sound when the noise multiplier itself is chosen from
 * earlier releases, which is what {@link PrivacyFilter} is for.
 *
 * <p>Both directions of {@link NeighbouringRelation#ADD_OR_REMOVE_ONE} are bounded and the larger
 * is reported; there is nothing to tune. Gaussian releases, sampled or not, are accounted for by
 * the transform of their loss ({@link GaussianAccount}), at most 0.5% or 1e-4 above the true
 * epsilon for sampling probabilities from 1e-7, multipliers from 0.3 to 100 and up to a million
 * releases. Other noise is composed on a grid whose step, tilt and window follow from the event and
 * the delta. There the error budget is discretisation ({@link LossGrid}), truncation and aliasing
 * ({@link ComposedLoss}, {@link TiltedBounds}) and floating point ({@link PairConvolution}), each
 * on the safe side. The grid is refined until its estimated cost is a small part of epsilon; should
 * memory end the refinement first, the bracket is wider and still proven.
 *
 * <p>A single release, and any composition of unsampled Gaussian releases, is answered from its
 * closed form (Balle and Wang 2018).
 *
 * <p>{@link LmoEvent}: a scalar by its own privacy loss ({@link ScalarLmoBase}); vectors by a
 * {@link DominatingGaussian} or by the Renyi bound, whichever is smaller, with 0 as the lower end.
 */
public final class PldAccountant implements Accountant {
  /** Share of delta that may be lost to everything outside the window on either side. */
  private static final double OUTSIDE = 1e-7;

  private static final double LEAST_MULTIPLIER = 0.25;

  /** Above this rounding of its exponents may leave the transform without a lower end. */
  private static final double LARGE = 1e5;

  /** Below this the smoothing's floor is a large part of epsilon. */
  private static final double NEAR_ZERO = 1e-3;

  private static final int LARGEST_TRANSFORM = 1 << 20;
  private static final Map<Integer, FourierTransform> TRANSFORMS = new ConcurrentHashMap<>();

  /** Creates an accountant for {@link NeighbouringRelation#ADD_OR_REMOVE_ONE}. */
  public PldAccountant() {}

  @Override
  public String name() {
    return "pld";
  }

  @Override
  public EpsilonBound epsilon(PrivacyEvent event, double delta) {
    return bound(event, delta, true);
  }

  @Override
  public double epsilonUpper(PrivacyEvent event, double delta) {
    return bound(event, delta, false).upper();
  }

  private static EpsilonBound bound(PrivacyEvent event, double delta, boolean wantLower) {
    Checks.delta(delta);
    Map<SampledMechanism, Long> counts = MechanismCounts.of(event);
    if (counts.isEmpty()) {
      return new EpsilonBound(0, 0);
    }
    if (counts.keySet().stream().anyMatch(m -> m.base() instanceof VectorLmoBase)) {
      // A dominating pair proves no lower end, and in many coordinates the Renyi bound may win.
      double renyi = new RdpAccountant().epsilonUpper(event, delta);
      return new EpsilonBound(0, Math.min(renyi, bound(counts, event, delta, false).upper()));
    }
    return bound(counts, event, delta, wantLower);
  }

  private static EpsilonBound bound(
      Map<SampledMechanism, Long> counts, PrivacyEvent event, double delta, boolean wantLower) {
    if (counts.size() == 1 && counts.values().iterator().next() == 1) {
      return SingleRelease.epsilon(counts.keySet().iterator().next(), delta);
    }
    if (counts.keySet().stream().allMatch(PldAccountant::hasTransform)) {
      return gaussian(counts, event, delta, wantLower);
    }
    try {
      return onGrid(counts, event, delta, wantLower);
    } catch (ArithmeticException tooSteep) {
      return new RdpAccountant().epsilon(event, delta);
    }
  }

  /** With less noise than this the transform takes too many nodes, and a grid does as well. */
  private static boolean hasTransform(SampledMechanism mechanism) {
    return mechanism.base() instanceof GaussianBase gaussian
        && gaussian.multiplier() >= LEAST_MULTIPLIER;
  }

  private static EpsilonBound onGrid(
      Map<SampledMechanism, Long> counts, PrivacyEvent event, double delta, boolean wantLower) {
    CommonGrid grid = CommonGrid.choose(counts, delta);
    if (grid == null) {
      // Noise so small that losses leave the range of a double: the Renyi bound still holds.
      return new RdpAccountant().epsilon(event, delta);
    }
    Upper upper = upper(grid, Double.POSITIVE_INFINITY);
    double low = 0;
    for (int round = 0; ; round++) {
      boolean coarse = grid.tooCoarseFor(upper.epsilon());
      if (wantLower || coarse) {
        low = lower(grid, delta, upper);
      }
      // The estimate behind tooCoarseFor is crude; a bracket that is tight anyway overrules it.
      if (!coarse
          || round == 3
          || upper.epsilon() - low <= 2 * CommonGrid.allowed(upper.epsilon())) {
        break;
      }
      grid = grid.refined(upper.epsilon());
      upper = upper(grid, upper.epsilon());
    }
    double high = Math.min(upper.epsilon() + grid.positionError(), grid.pureEpsilon());
    if (!(high < Double.POSITIVE_INFINITY) || grid.exhausted()) {
      // Where memory ended the refinement the Renyi bound may be the better one.
      high = Math.min(high, new RdpAccountant().epsilonUpper(event, delta));
    }
    low = Math.max(0, Math.min(low - grid.positionError(), high));
    return new EpsilonBound(wantLower ? low : 0, high);
  }

  private static EpsilonBound gaussian(
      Map<SampledMechanism, Long> counts, PrivacyEvent event, double delta, boolean wantLower) {
    double upper = new GaussianAccount(GaussianParts.of(counts, true), delta).upper();
    if (!(upper < Double.POSITIVE_INFINITY)) {
      upper = new RdpAccountant().epsilonUpper(event, delta);
    }
    // Sampling never costs, so the composition of the unsampled releases bounds the sampled one.
    upper = Math.min(upper, unsampled(counts, delta));
    if (upper < NEAR_ZERO || upper > LARGE) {
      // The ladder's lowest rung, or a transform that rounds, may pass the Renyi bound; the smaller
      // of two monotone bounds is one. Not below LARGE, or it would fall where that is passed.
      double least = upper > LARGE ? LARGE : 0;
      double renyi = new RdpAccountant().epsilonUpper(event, delta);
      upper = Math.max(least, Math.min(upper, renyi));
    }
    double lower = 0;
    if (wantLower) {
      lower =
          upper > LARGE
              ? onGrid(counts, event, delta, true).lower()
              : new GaussianAccount(GaussianParts.of(counts, false), delta).lower(upper);
    }
    return new EpsilonBound(Math.min(lower, upper), upper);
  }

  /** Epsilon if every release were made without sampling. */
  private static double unsampled(Map<SampledMechanism, Long> counts, double delta) {
    double inverse = 0;
    for (Map.Entry<SampledMechanism, Long> entry : counts.entrySet()) {
      double multiplier = ((GaussianBase) entry.getKey().base()).multiplier();
      inverse = Math.hypot(inverse, Math.sqrt(entry.getValue()) / multiplier);
    }
    return SingleRelease.epsilon(new SampledMechanism(new GaussianBase(1 / inverse), 1), delta)
        .upper();
  }

  /** The larger of the two directions' upper ends, and which it was. */
  private record Upper(double epsilon, CommonGrid.Direction direction, ComposedLoss.Tilt tilt) {}

  private static Upper upper(CommonGrid grid, double guess) {
    CommonGrid.Direction[] directions = {grid.removing(), grid.adding()};
    double[] best = {Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY};
    ComposedLoss.Tilt[] tilts = new ComposedLoss.Tilt[2];
    for (int i = 0; i < 2; i++) {
      if (directions[i].finiteDelta() <= 0) {
        return new Upper(Double.POSITIVE_INFINITY, directions[i], null);
      }
      ComposedLoss.Saddle saddle = directions[i].saddle();
      tilts[i] = tilt(directions[i], Math.min(guess, saddle.epsilon()), saddle.theta());
    }
    for (int round = 0; round < 4; round++) {
      TiltedBounds.Law[] laws =
          compose(directions[0].loss(), tilts[0], directions[1].loss(), tilts[1]);
      boolean again = false;
      for (int i = 0; i < 2; i++) {
        TiltedBounds.Reading reading =
            TiltedBounds.upper(
                laws[i], directions[i].finiteDelta(), grid.releases(), CommonGrid::allowed);
        boolean better = reading.epsilon() < best[i] - CommonGrid.allowed(best[i]);
        best[i] = Math.min(best[i], reading.epsilon());
        if (reading.blurred() && better) {
          again = true;
          tilts[i] = tilt(directions[i], best[i], tilts[i].theta());
        }
      }
      if (!again) {
        break;
      }
    }
    int larger = best[0] >= best[1] ? 0 : 1;
    return new Upper(best[larger], directions[larger], tilts[larger]);
  }

  private static ComposedLoss.Tilt tilt(
      CommonGrid.Direction direction, double epsilon, double nearTheta) {
    return direction.loss().tilt(Math.max(0, epsilon), direction.finiteDelta(), nearTheta, OUTSIDE);
  }

  private static double lower(CommonGrid grid, double delta, Upper upper) {
    if (upper.epsilon() == 0 || Double.isInfinite(upper.epsilon())) {
      return 0;
    }
    ComposedLoss with = upper.direction().cells(true);
    ComposedLoss without = upper.direction().cells(false);
    // The index sum is the loss up to a shift, so the tilt that suited the one suits the other.
    double theta = upper.tilt().theta();
    ComposedLoss.Tilt tilt =
        new ComposedLoss.Tilt(
            theta,
            with.logMoment(theta),
            upper.tilt().tail(),
            with.window(theta, upper.tilt().tail()));
    theta += 1;
    ComposedLoss.Tilt other =
        new ComposedLoss.Tilt(theta, without.logMoment(theta), tilt.tail(), tilt.window());
    TiltedBounds.Law[] laws = compose(with, tilt, without, other);
    return TiltedBounds.lower(laws[0], laws[1], delta, grid.releases(), upper.epsilon());
  }

  /** Composes two families in one transform. */
  private static TiltedBounds.Law[] compose(
      ComposedLoss a, ComposedLoss.Tilt tiltA, ComposedLoss b, ComposedLoss.Tilt tiltB) {
    double longest = Math.max(tiltA.window().length(), tiltB.window().length());
    int size = 64;
    while (size < longest && size < LARGEST_TRANSFORM) {
      size *= 2;
    }
    PairConvolution sum =
        new PairConvolution(TRANSFORMS.computeIfAbsent(size, FourierTransform::new));
    for (int i = 0; i < a.parts().length; i++) {
      LossMass partA = a.parts()[i];
      LossMass partB = b.parts()[i];
      sum.add(
          partA.low(),
          partA.tilted(tiltA.theta(), partA.logMoment(tiltA.theta())),
          partB.low(),
          partB.tilted(tiltB.theta(), partB.logMoment(tiltB.theta())),
          a.counts()[i]);
    }
    sum.finish();
    return new TiltedBounds.Law[] {
      law(sum.first(), sum.firstShift(), sum.firstError(), tiltA, a.step()),
      law(sum.second(), sum.secondShift(), sum.secondError(), tiltB, b.step())
    };
  }

  private static TiltedBounds.Law law(
      double[] values,
      long shift,
      PairConvolution.Rounding error,
      ComposedLoss.Tilt tilt,
      double step) {
    long high = (long) tilt.window().high();
    // A window too long for memory keeps its top: mass wrapped into it from below only raises the
    // upper end, and for the lower end everything outside is given up.
    boolean cut = tilt.window().length() > values.length;
    long low = cut ? high - values.length + 1 : (long) tilt.window().low();
    return new TiltedBounds.Law(
        values,
        shift,
        error,
        low,
        high,
        step,
        tilt.theta(),
        tilt.logMoment(),
        // Twice what Chernoff gives, for the rounding of moments in its exponent.
        2 * tilt.tail(),
        cut ? 1 : 4 * tilt.tail());
  }
}
