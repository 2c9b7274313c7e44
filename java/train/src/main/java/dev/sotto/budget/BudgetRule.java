package dev.sotto.budget;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.sotto.ledger.LedgerContents;
import dev.sotto.ledger.LedgerHeader;

/**
 * How a book adds up runs. Fixed when the book is made, because whether a later run happens and
 * with what settings follows from what earlier ones released.
 *
 * <p><b>Guarantee of every rule.</b> If the costs of all runs, each counted as {@link #promised}
 * until it is closed and as {@link #charged} after, never exceed {@link #total}, then everything
 * the runs release together is (ε, δ)-private, whoever chose them by looking at what.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "name")
@JsonSubTypes({
  @JsonSubTypes.Type(value = SumRule.class, name = SumRule.NAME),
  @JsonSubTypes.Type(value = RenyiRule.class, name = RenyiRule.NAME),
  @JsonSubTypes.Type(value = StepsRule.class, name = StepsRule.NAME)
})
public sealed interface BudgetRule permits SumRule, RenyiRule, StepsRule {
  /** The word for it on the command line and in the file. */
  String ruleName();

  /** The rule and its constants, for people. */
  String words();

  /** What the runs may cost together under a budget of (ε, δ). */
  PrivacyCost total(double epsilon, double delta);

  /**
   * The most that a run can cost that keeps its promise, however it goes.
   *
   * @throws dev.sotto.base.InputException if the rule cannot hold such a run; the message says why,
   *     and names no file
   */
  PrivacyCost promised(LedgerHeader promise);

  /** What a run has cost that is closed for ever; at most what it promised. */
  PrivacyCost charged(LedgerContents ledger);

  /** What to change in a run that does not fit. */
  String advice();
}
