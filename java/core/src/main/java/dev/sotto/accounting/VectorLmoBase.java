package dev.sotto.accounting;

import dev.sotto.noise.LmoNoise;
import java.util.List;

/**
 * LMO noise on one or more L2-clipped vectors. Renyi divergences are those of {@link
 * LmoDivergence#renyiVector}, summed over the groups; the privacy loss itself has no largest one
 * among all directions, and is bounded by that of a {@link DominatingGaussian}.
 */
final class VectorLmoBase implements BaseMechanism {
  private final LmoEvent event;
  private final RenyiCurve curve;
  private GaussianBase dominating;

  VectorLmoBase(LmoEvent event) {
    this.event = event;
    curve = new RenyiCurve(this::sum);
  }

  private double sum(double order) {
    double sum = 0;
    for (LmoEvent.Group group : event.groups()) {
      sum += LmoDivergence.renyiVector(event.law(), order, group.dimension(), group.shift());
    }
    return sum;
  }

  private synchronized GaussianBase dominating() {
    if (dominating == null) {
      LmoNoise law = event.law();
      double distance = 0;
      double largest = 0;
      for (LmoEvent.Group group : event.groups()) {
        distance = Math.hypot(distance, group.shift());
        largest = Math.max(largest, group.shift());
      }
      dominating = new GaussianBase(1 / (DominatingGaussian.slope(law, largest) * distance));
    }
    return dominating;
  }

  @Override
  public double renyi(double order) {
    return curve.divergence(order);
  }

  @Override
  public double survival0(double t) {
    return dominating().survival0(t);
  }

  @Override
  public double survival1(double t) {
    return dominating().survival1(t);
  }

  @Override
  public double hockeyStick(double t) {
    return dominating().hockeyStick(t);
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
    return dominating().branches();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof VectorLmoBase that && event.equals(that.event);
  }

  @Override
  public int hashCode() {
    return event.hashCode();
  }
}
