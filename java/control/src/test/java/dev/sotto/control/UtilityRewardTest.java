package dev.sotto.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class UtilityRewardTest {
  private final UtilityReward reward = new UtilityReward(20);

  private double of(double left, double loss) {
    return reward.of(Interval.of(1).at(0.5, left).validation(loss).observation());
  }

  @Test
  void isTheGainPerShareOfThePrivacySpent() {
    assertTrue(Double.isNaN(of(0.95, 4.0)));
    // An even share of 1/20: the gain in nats.
    assertEquals(0.3, of(0.90, 3.7), 1e-12);
    // Half a share for the same gain counts double; a loss counts against.
    assertEquals(0.6, of(0.875, 3.4), 1e-12);
    assertEquals(-0.1, of(0.825, 3.5), 1e-12);
  }

  @Test
  void takesThePublicLossBeforeThePrivatisedOnes() {
    Observation both = Interval.of(1).at(0.1, 0.9).statistics(9, 0.5).validation(4).observation();
    assertEquals(4, both.utilityLoss());
    Observation privatised =
        Interval.of(1).at(0.1, 0.9).statistics(2, 0.5).statistics(5, 0.5).observation();
    assertEquals(3.5, privatised.utilityLoss());
    assertTrue(Double.isNaN(Interval.of(1).observation().utilityLoss()));
  }

  @Test
  void isNotFiniteWhereThereIsNone() {
    of(0.95, 4);
    assertFalse(Double.isFinite(of(0.90, Double.NaN)));
    assertFalse(Double.isFinite(of(0.85, Double.POSITIVE_INFINITY)));
    // Since the last finite loss, three shares ago.
    assertEquals(0.6 / 3, of(0.80, 3.4), 1e-12);
    // Nothing spent.
    assertFalse(Double.isFinite(of(0.80, 3.3)));
    assertFalse(Double.isFinite(of(0.80, 3.3)));
  }

  @Test
  void goesOnFromItsState() {
    assertEquals(0, reward.state().length);
    of(0.95, 4);
    UtilityReward other = new UtilityReward(20);
    other.restore(reward.state());
    Observation next = Interval.of(1).at(0.5, 0.9).validation(3).observation();
    assertEquals(reward.of(next), other.of(next));
    other.restore(null);
    assertTrue(Double.isNaN(other.of(next)));
  }
}
