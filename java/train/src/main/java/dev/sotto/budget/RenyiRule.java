package dev.sotto.budget;

import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.PoissonSampledEvent;
import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.accounting.PrivacyFilter;
import dev.sotto.accounting.RdpAccountant;
import dev.sotto.base.InputException;
import dev.sotto.ledger.LedgerContents;
import dev.sotto.ledger.LedgerHeader;
import java.math.BigDecimal;

/**
 * Rényi divergences of steps add up at one order: the filter of Feldman and Zrnic 2021, Theorem
 * 4.5, over the steps of all runs. Takes runs under any law, sampling and noise, also with
 * --adapt-noise. A run that ended early is charged for the steps in its ledger.
 *
 * @param order the Rényi order, above 1
 */
public record RenyiRule(double order) implements BudgetRule {
  /** What {@link #ruleName} says. */
  public static final String NAME = "renyi";

  private static final String MEASURE = "divergence";

  /**
   * A ledger lets a multiplier pass that is short by rounding (a relative 1e-12). Promises are
   * counted with so much on top, so that no ledger can charge more.
   */
  private static final double ROUNDING = 1 + 1e-9;

  /** Checks the order. */
  public RenyiRule {
    if (!(order > 1) || Double.isInfinite(order)) {
      throw new IllegalArgumentException("Renyi order " + order + " is not a number above 1");
    }
  }

  @Override
  public String ruleName() {
    return NAME;
  }

  @Override
  public String words() {
    return "renyi: divergences of steps add up at order " + order;
  }

  @Override
  public PrivacyCost total(double epsilon, double delta) {
    double budget = new PrivacyFilter(epsilon, delta, order).budget();
    return PrivacyCost.of(MEASURE, BigDecimal.valueOf(Math.nextDown(budget)));
  }

  /**
   * All steps at the least noise promised. A run with a filter of its own stops within that
   * filter's budget, which bounds the divergence at every order below the filter's, since
   * divergences rise with the order.
   */
  @Override
  public PrivacyCost promised(LedgerHeader promise) {
    double most = 0;
    for (LedgerHeader.Stage stage : promise.stages()) {
      most += ROUNDING * divergence(leastNoise(stage).repeated(stage.steps()));
    }
    LedgerHeader.Control control = promise.control();
    if (control != null && control.filterOrder() != null && order <= control.filterOrder()) {
      PrivacyFilter own =
          new PrivacyFilter(
              promise.target().epsilon(), promise.target().delta(), control.filterOrder());
      most = Math.min(most, ROUNDING * own.budget());
    }
    return cost(most);
  }

  private static PrivacyEvent leastNoise(LedgerHeader.Stage stage) {
    PrivacyEvent release =
        stage.noise().event() instanceof GaussianEvent
            ? GaussianEvent.ofMultiplier(stage.noise().multiplier())
            : stage.noise().event();
    return new PoissonSampledEvent(stage.probability(), release);
  }

  @Override
  public PrivacyCost charged(LedgerContents ledger) {
    return cost(ledger.event().map(this::divergence).orElse(0.0));
  }

  private double divergence(PrivacyEvent event) {
    return new RdpAccountant().rdp(event, order);
  }

  private PrivacyCost cost(double divergence) {
    if (!Double.isFinite(divergence)) {
      throw new InputException(
          "such noise has no finite Renyi divergence at order "
              + order
              + ", so this book cannot hold the run; use a book under the rule sum");
    }
    return PrivacyCost.of(
        MEASURE, BigDecimal.valueOf(divergence == 0 ? 0 : Math.nextUp(divergence)));
  }

  @Override
  public String advice() {
    return "give fewer --steps or a smaller --epsilon (of evaluate: --private-epsilon)";
  }
}
