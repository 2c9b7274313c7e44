package dev.sotto.accounting;

/**
 * What a run under a {@link PrivacyFilter} has cost: Renyi divergences added up at the filter's one
 * order, fixed before the first release. The only account that holds where the noise of a step was
 * chosen from earlier releases (Feldman and Zrnic 2021, Theorem 4.5): at another order, or as a
 * privacy loss distribution, the events that happened say nothing about those that could have.
 */
public final class FilterAccountant implements Accountant {
  /** What {@link #name} says. */
  public static final String NAME = "rdp-filter";

  private final RdpAccountant renyi = new RdpAccountant();
  private final double order;

  /**
   * Fixes the order.
   *
   * @param order the filter's Renyi order, above 1
   */
  public FilterAccountant(double order) {
    this.order = PrivacyFilter.requireOrder(order);
  }

  /**
   * The order.
   *
   * @return the Renyi order, above 1
   */
  public double order() {
    return order;
  }

  @Override
  public EpsilonBound epsilon(PrivacyEvent event, double delta) {
    Checks.delta(delta);
    double rho = renyi.rdp(event, order);
    return new EpsilonBound(0, rho == 0 ? 0 : RdpAccountant.toEpsilon(rho, order, delta));
  }

  @Override
  public String name() {
    return NAME;
  }
}
