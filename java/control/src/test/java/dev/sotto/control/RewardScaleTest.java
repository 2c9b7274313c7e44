package dev.sotto.control;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;

class RewardScaleTest {
  @Test
  void movesAsComputedByHand() {
    RewardScale scale = new RewardScale();
    assertEquals(0, scale.normalise(5));
    // Mean 6, variance 1.
    assertEquals(1, scale.normalise(7), 1e-12);
    // Mean 4, variance (1 + 9 + 16)/3.
    assertEquals(-4 / Math.sqrt(26.0 / 3), scale.normalise(0), 1e-12);
  }

  @Test
  void theSameWhateverTheUnit() {
    RewardScale nats = new RewardScale();
    RewardScale thousandths = new RewardScale();
    Random random = new Random(1);
    double sum = 0;
    double squares = 0;
    int count = 400;
    for (int i = 0; i < count; i++) {
      double reward = random.nextGaussian();
      double normalised = nats.normalise(2 + reward);
      assertEquals(normalised, thousandths.normalise(1e-3 * (2 + reward)), 1e-9);
      sum += normalised;
      squares += normalised * normalised;
    }
    assertEquals(0, sum / count, 0.15);
    assertEquals(1, Math.sqrt(squares / count), 0.15);
  }

  @Test
  void followsRewardsThatShrinkAndBoundsOutliers() {
    RewardScale scale = new RewardScale();
    for (int i = 0; i < 10; i++) {
      scale.normalise(i % 2);
    }
    double far = 0;
    for (int i = 0; i < 200; i++) {
      far = scale.normalise(0.01 * (i % 2));
    }
    assertEquals(1, far, 0.2);
    for (int i = 0; i < 60; i++) {
      scale.normalise(0);
    }
    assertEquals(3, scale.normalise(1e9), 1e-3);
  }

  @Test
  void goesOnFromItsState() {
    RewardScale one = new RewardScale();
    one.normalise(1);
    one.normalise(3);
    RewardScale other = new RewardScale();
    other.restore(one.state());
    assertEquals(one.normalise(2.5), other.normalise(2.5));
  }
}
