package dev.sotto.budget;

import dev.sotto.ledger.LedgerContents;
import dev.sotto.ledger.LedgerHeader;

/**
 * Promised ε and δ add up: basic composition as a filter (Rogers, Roth, Ullman and Vadhan 2016).
 * Takes every run that has a guarantee. A run keeps its whole promise charged however early it
 * ended, since that may follow from what it released; unless it released nothing.
 */
public record SumRule() implements BudgetRule {
  /** What {@link #ruleName} says. */
  public static final String NAME = "sum";

  @Override
  public String ruleName() {
    return NAME;
  }

  @Override
  public String words() {
    return "sum: promised epsilon and delta add up";
  }

  @Override
  public PrivacyCost total(double epsilon, double delta) {
    return PrivacyCost.ofEpsilonDelta(epsilon, delta);
  }

  @Override
  public PrivacyCost promised(LedgerHeader promise) {
    return PrivacyCost.ofEpsilonDelta(promise.target().epsilon(), promise.target().delta());
  }

  @Override
  public PrivacyCost charged(LedgerContents ledger) {
    PrivacyCost promised = promised(ledger.header());
    return ledger.chargedSteps() == 0 ? promised.nothing() : promised;
  }

  @Override
  public String advice() {
    return "give a smaller --epsilon and --delta (of evaluate: --private-epsilon, --private-delta)";
  }
}
