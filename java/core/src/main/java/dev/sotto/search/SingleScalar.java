package dev.sotto.search;

import dev.sotto.noise.LmoNoise;
import org.apache.commons.math3.analysis.UnivariateFunction;
import org.apache.commons.math3.analysis.solvers.BrentSolver;

/**
 * The delta of one number released once. The outcomes where the privacy loss exceeds t are one
 * interval (x1, x2) around the kink at the shift D, because the loss rises from 0 to D and falls
 * beyond; delta is the mass of that interval with the unit less exp(t) times its mass without.
 */
final class SingleScalar implements QuickAccount {
  private final NoiseQuery query;
  private final double removing;
  private final double adding;

  SingleScalar(NoiseQuery query) {
    this.query = query;
    double q = query.samplingProbability();
    double epsilon = query.epsilon();
    // The loss of the base mechanism at which the sampled one's is epsilon, and minus epsilon.
    removing = q == 1 ? epsilon : Math.log1p(Math.expm1(epsilon) / q);
    adding = q == 1 ? Double.NaN : -Math.log1p(Math.expm1(-epsilon) / q);
  }

  @Override
  public double logDelta(LmoNoise law, double shift) {
    double q = query.samplingProbability();
    double delta = q * hockeyStick(law, shift, removing);
    if (adding > 0) {
      double factor = q * Math.exp(query.epsilon() - adding);
      delta = Math.max(delta, factor * hockeyStick(law, shift, adding));
    }
    return Math.log(delta);
  }

  static double hockeyStick(LmoNoise law, double shift, double t) {
    if (t >= law.logDensityDrop(shift)) {
      return 0;
    }
    // How far the interval reaches to the left of D.
    double left = root(y -> t - law.logDensityDrop(shift - y) + law.logDensityDrop(y), shift);
    double inside = shift - left;
    UnivariateFunction beyond = s -> t - law.logDensityDrop(s + shift) + law.logDensityDrop(s);
    double far = 4 / law.meanInverseScale();
    while (beyond.value(far) < 0 && law.logMgf(-far) > -60 && far < 1e200) {
      far *= 8;
    }
    boolean endless = beyond.value(far) < 0;
    double reach = endless ? Double.POSITIVE_INFINITY : root(beyond, far);
    double with = law.usefulness(left) + (endless ? 1 : law.usefulness(reach));
    double near = law.logMgf(-inside);
    double without =
        endless
            ? Math.exp(near)
            : -Math.exp(near) * Math.expm1(law.logMgf(-(shift + reach)) - near);
    return Math.max(0, 0.5 * (with - Math.exp(t) * without));
  }

  /** The root between 0 and an end; delta is stationary in it, so a relative 1e-6 is plenty. */
  private static double root(UnivariateFunction rising, double end) {
    return new BrentSolver(1e-6, 1e-300, 0).solve(200, rising, 0, end);
  }
}
