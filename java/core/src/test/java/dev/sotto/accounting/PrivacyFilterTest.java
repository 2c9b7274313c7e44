package dev.sotto.accounting;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PrivacyFilterTest {

  /** Whatever is asked for, what was admitted costs at most the budget at the filter's order. */
  @Test
  void noChoiceOfNoiseExceedsTheBudget() {
    Random random = new Random(41);
    RdpAccountant rdp = new RdpAccountant();
    for (int game = 0; game < 60; game++) {
      double epsilon = 0.2 + 4 * random.nextDouble();
      PrivacyFilter filter = PrivacyFilter.forPlan(epsilon, 1e-6, Calibration.run(2, 0.05, 300));
      List<PrivacyEvent> admitted = new ArrayList<>();
      for (int ask = 0; ask < 40; ask++) {
        // The adversary sees what is left and aims just around it.
        double greed = 1 - filter.usedFraction();
        double z = 0.3 + 20 * random.nextDouble() * (random.nextBoolean() ? greed : 1);
        double q = random.nextInt(4) == 0 ? 1 : Math.exp(-6 * random.nextDouble());
        PrivacyEvent event = Calibration.run(z, q, 1 + random.nextInt(30));
        double before = filter.usedFraction();
        if (filter.tryReserve(event)) {
          admitted.add(event);
        } else {
          assertEquals(before, filter.usedFraction());
        }
      }
      if (!admitted.isEmpty()) {
        double rho = rdp.rdp(new ComposedEvent(admitted), filter.order());
        double spent = RdpAccountant.toEpsilon(rho, filter.order(), 1e-6);
        assertTrue(spent <= epsilon * (1 + 1e-12), spent + " above " + epsilon);
      }
      assertTrue(filter.usedFraction() <= 1);
    }
  }

  @Test
  void filterAdmitsWhatItWasPlannedFor() {
    double z = Calibration.noiseMultiplier(Accountant.rdp(), 2, 1e-6, 0.02, 100);
    PrivacyEvent step = Calibration.run(z, 0.02, 1);
    PrivacyFilter filter = PrivacyFilter.forPlan(2.001, 1e-6, step.repeated(100));
    for (int t = 0; t < 100; t++) {
      filter.reserve(step);
    }
    assertThrows(IllegalStateException.class, () -> filter.reserve(step));
    assertEquals(2.001, filter.epsilon(), "the budget, whatever was charged");
    assertTrue(filter.tryReserve(Calibration.run(1e6, 1e-6, 1)));
    assertFalse(filter.tryReserve(GaussianEvent.ofMultiplier(1e-3)));
  }

  @Test
  void hopelessOrdersAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> new PrivacyFilter(0.1, 1e-6, 2));
    assertThrows(IllegalArgumentException.class, () -> new PrivacyFilter(1, 1e-6, 1));
    assertThrows(IllegalArgumentException.class, () -> new PrivacyFilter(Double.NaN, 1e-6, 8));
  }
}
