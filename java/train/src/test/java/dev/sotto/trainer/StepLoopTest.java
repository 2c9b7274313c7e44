package dev.sotto.trainer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The loop alone, over rules that make nothing. */
class StepLoopTest {
  private final List<Long> made = new ArrayList<>();

  @Test
  void makesTheStepsThatAreLeft() {
    assertEquals(new Outcome.Finished(2, 5), StepLoop.run(step -> true, 2, 5, made::add));
    assertEquals(List.of(3L, 4L, 5L), made);
  }

  @Test
  void aFinishedRunMakesNone() {
    assertEquals(new Outcome.Finished(5, 5), StepLoop.run(step -> false, 5, 5, made::add));
    assertEquals(List.of(), made);
  }

  @Test
  void endsWhereTheBudgetDoes() {
    assertEquals(new Outcome.BudgetSpent(0, 3), StepLoop.run(step -> step < 4, 0, 9, made::add));
    assertEquals(List.of(1L, 2L, 3L), made);
  }

  @Test
  void anInterruptWaitsForTheRuleToRest() {
    StepRule restsAfterTheFourth =
        new StepRule() {
          @Override
          public boolean step(long step) {
            if (step == 2) {
              Thread.currentThread().interrupt();
            }
            return true;
          }

          @Override
          public boolean rests() {
            return made.contains(4L);
          }
        };
    assertEquals(new Outcome.Interrupted(0, 4), StepLoop.run(restsAfterTheFourth, 0, 9, made::add));
    assertFalse(Thread.interrupted(), "it was taken notice of");
  }
}
