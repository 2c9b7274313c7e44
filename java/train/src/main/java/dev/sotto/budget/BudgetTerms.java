package dev.sotto.budget;

import dev.sotto.base.Figures;
import dev.sotto.ledger.LedgerHeader;
import dev.sotto.ledger.LedgerLine;

/**
 * The first line of a book. All of it is public and is fixed for good.
 *
 * @param book random name of the book, 32 hexadecimal digits
 * @param dataSet what its owner calls the data set; a label, never anything computed from it
 * @param privacyUnit what is protected: {@code record}, or the column whose values are the units
 * @param neighbouringRelation always {@code ADD_OR_REMOVE_ONE}
 * @param epsilon ε of all runs together
 * @param delta δ of all runs together
 * @param rule how runs add up
 */
public record BudgetTerms(
    String book,
    String dataSet,
    String privacyUnit,
    String neighbouringRelation,
    double epsilon,
    double delta,
    BudgetRule rule) {
  private static final int LONGEST_NAME = 200;

  /** Checks the values. */
  public BudgetTerms {
    requireName(dataSet, "data set", "--data-set");
    requireName(privacyUnit, "privacy unit", "--privacy-unit");
    if (!(epsilon > 0) || Double.isInfinite(epsilon)) {
      throw new IllegalArgumentException("epsilon " + epsilon + " is not a number above 0");
    }
    if (!(delta > 0) || delta >= 1) {
      throw new IllegalArgumentException("delta " + delta + " is not in (0, 1)");
    }
    if (book == null || neighbouringRelation == null || rule == null) {
      throw new IllegalArgumentException("the terms of a book are incomplete");
    }
    rule.total(epsilon, delta);
  }

  private static void requireName(String name, String what, String option) {
    if (name == null
        || name.isBlank()
        || name.length() > LONGEST_NAME
        || name.codePoints().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException(
          "the name of the "
              + what
              + " is blank, longer than "
              + LONGEST_NAME
              + " characters or not on one line; give a short one with "
              + option);
    }
  }

  /** A random name for a new book. */
  public static String freshName() {
    return LedgerLine.randomId();
  }

  /** What all runs together may cost. */
  public PrivacyCost total() {
    return rule.total(epsilon, delta);
  }

  /** Why a run cannot be charged to this book at all; null if it can. */
  String obstacle(LedgerHeader promise) {
    if (!promise.provesEpsilon()) {
      return "the run's noise is " + LedgerHeader.NO_GUARANTEE + ", so no budget can hold it";
    }
    if (promise.seeded()) {
      return "a run under --insecure-test-seed protects nothing, so no budget can hold it";
    }
    if (!promise.neighbours().relation().equals(neighbouringRelation)) {
      return "the budget is for the relation " + neighbouringRelation;
    }
    if (delta * promise.neighbours().units() >= 1) {
      return "its delta "
          + Figures.number(delta)
          + " is not below 1/N for the run's "
          + Figures.count(promise.neighbours().units())
          + " privacy units, so it protects no single one of them; use a book of a smaller delta";
    }
    if (!promise.neighbours().unit().equals(privacyUnit)) {
      return "the budget protects the unit '"
          + privacyUnit
          + "', but the run the unit '"
          + promise.neighbours().unit()
          + "'; run with the book's unit, or use another book";
    }
    return null;
  }
}
