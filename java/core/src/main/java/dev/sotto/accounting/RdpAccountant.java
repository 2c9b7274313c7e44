package dev.sotto.accounting;

import java.util.Map;
import java.util.function.DoubleUnaryOperator;

/**
 * The Renyi accountant (Mironov 2017; sampling after Mironov, Talwar and Zhang 2019). The upper end
 * of its bracket holds at every delta; the lower end is always 0, because Renyi divergences prove
 * none.
 *
 * <p>The order is searched, not tabulated: a geometric grid is extended until its best order is an
 * interior one, then refined by golden section. Any order gives a valid bound, so an order that is
 * not quite the best costs tightness, never soundness.
 */
public final class RdpAccountant implements Accountant {
  /** The search for an order ends where one divergence would need more terms than this. */
  private static final double MOST_TERMS = 1 << 17;

  /**
   * An order whose divergence bounds the Kullback-Leibler divergence k; total variation is at most
   * sqrt(1 - exp(-k)) (Bretagnolle and Huber 1979), so a delta above that needs no epsilon at all.
   */
  private static final double NEAR_ONE = 1.01;

  /** Creates an accountant for {@link NeighbouringRelation#ADD_OR_REMOVE_ONE}. */
  public RdpAccountant() {}

  @Override
  public String name() {
    return "rdp";
  }

  /**
   * The Renyi divergence of an event at one order: closed forms for Gaussian and Laplace noise,
   * integer and fractional orders of the sampled Gaussian, integer orders of the sampled Laplace (a
   * fractional order is bounded by convexity), sums under composition.
   *
   * @param event what is released
   * @param order the Renyi order, above 1
   * @return the divergence in nats
   */
  public double rdp(PrivacyEvent event, double order) {
    if (!(order > 1) || Double.isInfinite(order)) {
      throw new IllegalArgumentException(
          "Renyi order must be a finite number above 1, got " + order);
    }
    return total(MechanismCounts.of(event), order);
  }

  /**
   * Converts a Renyi divergence at one order to epsilon: rho + log((a-1)/a) - (log delta + log a) /
   * (a-1), not below 0 (Canonne, Kamath and Steinke 2020, Proposition 12).
   *
   * @param rho the Renyi divergence
   * @param order its order a, above 1
   * @param delta the delta of the guarantee
   * @return epsilon
   */
  public static double toEpsilon(double rho, double order, double delta) {
    return Math.max(0, unclippedEpsilon(rho, order, delta));
  }

  private static double unclippedEpsilon(double rho, double order, double delta) {
    return rho + Math.log1p(-1 / order) - (Math.log(delta) + Math.log(order)) / (order - 1);
  }

  @Override
  public EpsilonBound epsilon(PrivacyEvent event, double delta) {
    Checks.delta(delta);
    Map<SampledMechanism, Long> parts = MechanismCounts.of(event);
    if (parts.isEmpty()) {
      return new EpsilonBound(0, 0);
    }
    if (delta * delta + Math.expm1(-total(parts, NEAR_ONE)) >= 0) {
      return new EpsilonBound(0, 0);
    }
    double order = bestOrder(parts, delta);
    return new EpsilonBound(0, toEpsilon(total(parts, order), order, delta));
  }

  /**
   * The order that {@link #epsilon} uses for an event.
   *
   * @param event what is released
   * @param delta the delta of the guarantee
   * @return the Renyi order, above 1
   */
  public double bestOrder(PrivacyEvent event, double delta) {
    return bestOrder(MechanismCounts.of(event), Checks.delta(delta));
  }

  private static double total(Map<SampledMechanism, Long> parts, double order) {
    double rho = 0;
    for (Map.Entry<SampledMechanism, Long> part : parts.entrySet()) {
      rho += part.getValue() * RenyiMoments.divergence(part.getKey(), order);
    }
    return rho;
  }

  private static double bestOrder(Map<SampledMechanism, Long> parts, double delta) {
    // Searched on y = log(order - 1).
    DoubleUnaryOperator cost =
        y -> {
          double order = 1 + Math.exp(y);
          double epsilon = unclippedEpsilon(total(parts, order), order, delta);
          return Double.isNaN(epsilon) ? Double.POSITIVE_INFINITY : epsilon;
        };
    double step = 0.7;
    double best = Math.log(3);
    double bestCost = cost.applyAsDouble(best);
    for (int direction = -1; direction <= 1; direction += 2) {
      double y = best + direction * step;
      // One worse order may be a local bump; stop only after a few in a row.
      for (int worse = 0; worse < 3 && withinReach(parts, y); y += direction * step) {
        double here = cost.applyAsDouble(y);
        if (here < bestCost) {
          bestCost = here;
          best = y;
          worse = 0;
        } else {
          worse++;
        }
      }
    }
    GoldenSection near = GoldenSection.narrowed(cost, best - step, best + step, 1e-3);
    return 1 + Math.exp(near.least() < bestCost ? near.best() : best);
  }

  private static boolean withinReach(Map<SampledMechanism, Long> parts, double y) {
    if (y < Math.log(1e-9) || y > Math.log(1e15)) {
      return false;
    }
    double terms = 0;
    for (SampledMechanism mechanism : parts.keySet()) {
      terms = Math.max(terms, RenyiMoments.terms(mechanism, 1 + Math.exp(y)));
    }
    return terms < MOST_TERMS;
  }
}
