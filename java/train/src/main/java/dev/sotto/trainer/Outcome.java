package dev.sotto.trainer;

/** How the steps of a run ended. */
public sealed interface Outcome {
  /** Steps that earlier processes had charged when this one took over; 0 in a fresh run. */
  long from();

  /** Steps charged so far. */
  long steps();

  /** Whether an earlier process had begun the run. */
  default boolean resumed() {
    return from() > 0;
  }

  /** All planned steps were made. */
  record Finished(long from, long steps) implements Outcome {}

  /** No noise that a step may have fits what is left of the budget. */
  record BudgetSpent(long from, long steps) implements Outcome {}

  /** The thread was interrupted between two steps; the run can be gone on with. */
  record Interrupted(long from, long steps) implements Outcome {}
}
