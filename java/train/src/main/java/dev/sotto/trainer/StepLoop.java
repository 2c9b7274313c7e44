package dev.sotto.trainer;

import java.util.function.LongConsumer;

/** Makes the steps of a run, of whatever kind, one after another. */
public final class StepLoop {
  private StepLoop() {}

  /**
   * Makes the steps that are left. An interrupt of the thread ends the loop where the rule rests,
   * and is cleared, so that what came of the run can still be saved; one that falls into the
   * writing of a file is an error there, as if the process had been killed.
   *
   * @param rule makes each step
   * @param from steps charged so far
   * @param steps last planned step
   * @param after told the number of each step made
   * @return how it ended
   */
  public static Outcome run(StepRule rule, long from, long steps, LongConsumer after) {
    long step = from;
    while (step < steps) {
      if (rule.rests() && Thread.interrupted()) {
        return new Outcome.Interrupted(from, step);
      }
      if (!rule.step(step + 1)) {
        return new Outcome.BudgetSpent(from, step);
      }
      step++;
      after.accept(step);
    }
    return new Outcome.Finished(from, step);
  }
}
