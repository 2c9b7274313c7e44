package dev.sotto.accounting;

/**
 * Lets noise be chosen step by step from earlier releases, and stops before a budget is exceeded:
 * the Renyi filter at one order fixed beforehand (Feldman and Zrnic 2021, Theorem 4.5). Whatever
 * rule chooses the events, all that were admitted together satisfy (epsilon, delta).
 *
 * <p>Reserve before the noise is drawn; what was reserved counts as spent even if nothing was
 * released. Safe for use by several threads.
 */
public final class PrivacyFilter {
  private final RdpAccountant accountant = new RdpAccountant();
  private final double order;
  private final double epsilon;
  private final double budget;
  private double spent;

  /**
   * Makes a filter.
   *
   * @param epsilon the budget, above 0
   * @param delta the delta of the guarantee
   * @param order the Renyi order, above 1; fixed before the first release
   * @throws IllegalArgumentException if no divergence at this order fits the budget
   */
  public PrivacyFilter(double epsilon, double delta, double order) {
    Checks.positive(epsilon, "epsilon");
    Checks.delta(delta);
    this.order = requireOrder(order);
    this.epsilon = epsilon;
    budget = budget(epsilon, delta, order);
    if (!(budget > 0)) {
      throw new IllegalArgumentException(
          "Renyi order "
              + order
              + " leaves nothing of epsilon "
              + epsilon
              + " at delta "
              + delta
              + "; choose a larger order");
    }
  }

  static double requireOrder(double order) {
    if (!(order > 1) || Double.isInfinite(order)) {
      throw new IllegalArgumentException(
          "Renyi order must be a finite number above 1, got " + order);
    }
    return order;
  }

  /**
   * A filter at the order that leaves most room for repetitions of a planned release. The plan only
   * chooses the order; it need not be followed.
   *
   * @param epsilon the budget, above 0
   * @param delta the delta of the guarantee
   * @param plan what is expected to be released
   * @return the filter
   */
  public static PrivacyFilter forPlan(double epsilon, double delta, PrivacyEvent plan) {
    Checks.positive(epsilon, "epsilon");
    Checks.delta(delta);
    double y = bestExponent(epsilon, delta, plan, 0, 10, 0.25);
    y = bestExponent(epsilon, delta, plan, y, 0.25, 0.02);
    return new PrivacyFilter(epsilon, delta, 1 + Math.exp(y));
  }

  /** Scans y = log(order - 1) within reach of a centre for the smallest cost over budget. */
  private static double bestExponent(
      double epsilon, double delta, PrivacyEvent plan, double centre, double reach, double step) {
    RdpAccountant accountant = new RdpAccountant();
    double best = centre + reach;
    double least = Double.POSITIVE_INFINITY;
    for (double y = centre - reach; y <= centre + reach; y += step) {
      double order = 1 + Math.exp(y);
      double budget = budget(epsilon, delta, order);
      double share = budget > 0 ? accountant.rdp(plan, order) / budget : Double.POSITIVE_INFINITY;
      if (share < least) {
        least = share;
        best = y;
      }
    }
    return best;
  }

  private static double budget(double epsilon, double delta, double order) {
    return epsilon - Math.log1p(-1 / order) + (Math.log(delta) + Math.log(order)) / (order - 1);
  }

  /**
   * Charges an event if it fits.
   *
   * @param event what is about to be released
   * @return true if it was charged and may be released; false if it would exceed the budget, in
   *     which case nothing changes and nothing may be released
   */
  public synchronized boolean tryReserve(PrivacyEvent event) {
    double total = spent + accountant.rdp(event, order);
    // Not <= negated: an undefined cost must be refused.
    if (!(total <= budget)) {
      return false;
    }
    spent = Math.nextUp(total);
    return true;
  }

  /**
   * Charges an event.
   *
   * @param event what is about to be released
   * @throws IllegalStateException if it would exceed the budget; nothing may be released then
   */
  public void reserve(PrivacyEvent event) {
    if (!tryReserve(event)) {
      throw new IllegalStateException(
          "the event would exceed the privacy budget; raise the noise or stop");
    }
  }

  /**
   * The part of the budget that is used.
   *
   * @return a number in [0, 1]
   */
  public synchronized double usedFraction() {
    return Math.min(1, spent / budget);
  }

  /**
   * What holds for all that this filter admits together, at its delta. What was charged so far is
   * no epsilon: which events happened may itself depend on what they released, so only the budget,
   * which was fixed before, is a guarantee.
   *
   * @return the budget
   */
  public double epsilon() {
    return epsilon;
  }

  /**
   * The Renyi divergence that all events together may have at the filter's order.
   *
   * @return a number above 0, in nats
   */
  public double budget() {
    return budget;
  }

  /**
   * The Renyi order.
   *
   * @return the order fixed when the filter was made
   */
  public double order() {
    return order;
  }
}
