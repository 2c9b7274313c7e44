package dev.sotto.budget;

import dev.sotto.base.InputException;
import dev.sotto.ledger.LedgerHeader;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a verified book says.
 *
 * @param terms fixed when it was made
 * @param runs by their id, in the order of their starts
 */
public record BookContents(BudgetTerms terms, Map<String, BookEntry> runs) {
  /** Copies the map. */
  public BookContents {
    runs = Collections.unmodifiableMap(new LinkedHashMap<>(runs));
  }

  /** What all runs count for so far. */
  public PrivacyCost counted() {
    PrivacyCost sum = terms.total().nothing();
    for (BookEntry run : runs.values()) {
      sum = sum.plus(run.counted());
    }
    return sum;
  }

  /** What another run may promise. */
  public PrivacyCost left() {
    return terms.total().minus(counted());
  }

  /**
   * What a new run would be charged at most.
   *
   * @throws InputException if it does not fit, or the book is not for such runs; the message names
   *     no file
   */
  public PrivacyCost requireRoom(LedgerHeader promise) {
    String obstacle = terms.obstacle(promise);
    if (obstacle != null) {
      throw new InputException(obstacle);
    }
    PrivacyCost promised = terms.rule().promised(promise);
    if (!counted().plus(promised).within(terms.total())) {
      throw new InputException(
          "the run may cost up to "
              + promised.words()
              + ", but of the budget of '"
              + terms.dataSet()
              + "' only "
              + left().wordsOfRest()
              + "; "
              + terms.rule().advice());
    }
    return promised;
  }
}
