package dev.sotto.accounting;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FilterAccountantTest {
  private static final double EPSILON = 2;
  private static final double DELTA = 1e-5;
  private static final double Q = 0.01;

  @Test
  void whatAFilterAdmittedCostsAtMostItsBudgetAndNearlyAllOfIt() {
    Random random = new Random(5);
    PrivacyFilter filter = PrivacyFilter.forPlan(EPSILON, DELTA, event(0.8).repeated(100));
    List<PrivacyEvent> admitted = new ArrayList<>();
    PrivacyEvent next = event(0.5 + random.nextDouble());
    while (filter.tryReserve(next)) {
      admitted.add(next);
      next = event(0.5 + random.nextDouble());
    }
    FilterAccountant accountant = new FilterAccountant(filter.order());
    double spent = accountant.epsilonUpper(new ComposedEvent(admitted), DELTA);
    admitted.add(next);
    double refused = accountant.epsilonUpper(new ComposedEvent(admitted), DELTA);

    assertTrue(spent <= EPSILON, () -> "spent " + spent);
    assertTrue(refused > EPSILON, () -> "the refused event would have cost " + refused);
  }

  @Test
  void noOtherOrderIsTried() {
    PrivacyEvent run = event(0.8).repeated(100);
    RdpAccountant free = new RdpAccountant();
    double best = free.bestOrder(run, DELTA);

    assertEquals(
        free.epsilonUpper(run, DELTA), new FilterAccountant(best).epsilonUpper(run, DELTA), 1e-9);
    assertTrue(
        new FilterAccountant(3 * best).epsilonUpper(run, DELTA)
            > free.epsilonUpper(run, DELTA) * 1.01);
  }

  @Test
  void nothingReleasedCostsNothing() {
    assertEquals(0, new FilterAccountant(4).epsilonUpper(new ComposedEvent(List.of()), DELTA));
    assertFalse(new FilterAccountant(4).epsilonUpper(event(1), DELTA) == 0);
  }

  @Test
  void anOrderIsAboveOne() {
    assertThrows(IllegalArgumentException.class, () -> new FilterAccountant(1));
  }

  private static PrivacyEvent event(double z) {
    return new PoissonSampledEvent(Q, GaussianEvent.ofMultiplier(z));
  }
}
