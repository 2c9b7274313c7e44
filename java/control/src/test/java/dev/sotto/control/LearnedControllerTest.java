package dev.sotto.control;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.accounting.NoiseAllocation;
import dev.sotto.control.learn.Transition;
import org.junit.jupiter.api.Test;

/** What a learning controller does with whatever agent it has. */
class LearnedControllerTest {
  private static final double BASE = Math.sqrt(2);

  private final RecordingAgent agent = new RecordingAgent(13, 3);
  private final LearnedController controller =
      new LearnedController("rldp", Interval.options("rldp", 2), agent, true);

  private static Observation after(Decision decision, double left, double loss) {
    return Interval.plain(decision.clipNorms()).at(1 - left, left).validation(loss).observation();
  }

  @Test
  void beginsWithConstantClippingAndMovesHalfWay() {
    assertTrue(controller.usesStatistics());
    Decision first = controller.first();
    assertArrayEquals(new double[] {BASE, BASE}, first.clipNorms(), 1e-15);
    agent.willDo(1);
    Decision second = controller.next(after(first, 0.9, 4));
    assertArrayEquals(new double[] {2 * BASE, 2 * BASE}, second.clipNorms(), 1e-12);
    agent.willDo(-1);
    Decision third = controller.next(after(second, 0.8, 3.9));
    double expected = BASE * Math.pow(4, -0.25);
    assertArrayEquals(new double[] {expected, expected}, third.clipNorms(), 1e-12);
    assertEquals(1, third.noiseFactor());
    assertEquals(NoiseAllocation.UNIFORM, third.allocation());
  }

  @Test
  void tellsTheAgentWhatItDidAndWhatCameOfIt() {
    Decision decision = controller.first();
    double[] losses = {4, 3.9, 3.7, 3.2};
    for (int i = 0; i < 3; i++) {
      agent.willDo(0.1 * (i + 1));
      decision = controller.next(after(decision, 0.9 - 0.1 * i, losses[i]));
    }
    controller.last(after(decision, 0.6, losses[3]));
    assertEquals(3, agent.learned.size());
    // Gains 0.1, 0.2 and 0.5: the first has nothing to be compared with; the second is one
    // standard deviation above their mean; the third (0.5 - 0.8/3)/0.17.
    double[] rewards = {0, 1, (0.5 - 0.8 / 3) / Math.sqrt(0.26 / 9)};
    for (int i = 0; i < 3; i++) {
      Transition transition = agent.learned.get(i);
      assertArrayEquals(agent.seen.get(i), transition.observation());
      assertArrayEquals(
          new double[] {0.1 * (i + 1), 0.1 * (i + 1), 0.1 * (i + 1)}, transition.action(), 1e-15);
      assertEquals(rewards[i], transition.reward(), 1e-9);
      assertEquals(i == 2, transition.terminal());
      if (i < 2) {
        assertArrayEquals(agent.seen.get(i + 1), transition.next());
      }
    }
    assertEquals(3.2, agent.learned.get(2).next()[10], 1e-12);
    assertEquals(0, controller.skipped());
  }

  @Test
  void countsRewardsThatAreNoNumberAndLeavesThemOut() {
    Decision decision = controller.first();
    double[] losses = {4, 3.9, Double.NaN, Double.POSITIVE_INFINITY, 3.5};
    for (int i = 0; i < losses.length; i++) {
      decision = controller.next(after(decision, 0.9 - 0.1 * i, losses[i]));
    }
    assertEquals(2, controller.skipped());
    assertEquals(2, agent.learned.size());
    // Nothing was spent.
    decision = controller.next(after(decision, 0.5, 3.4));
    controller.last(after(decision, 0.5, Double.NaN));
    assertEquals(4, controller.skipped());
    assertEquals(2, agent.learned.size());
  }

  @Test
  void frozenNeverLearns() {
    LearnedController frozen =
        new LearnedController("frozen", Interval.options("frozen", 2), agent, false);
    Decision decision = frozen.first();
    agent.willDo(0.5);
    for (int i = 0; i < 5; i++) {
      decision = frozen.next(after(decision, 0.9 - 0.1 * i, 4 - i));
    }
    frozen.last(after(decision, 0.4, Double.NaN));
    assertTrue(agent.learned.isEmpty());
    assertEquals(5, agent.seen.size());
    assertEquals(1, frozen.skipped());
  }

  @Test
  void adaptsTheNoiseWhereAsked() {
    ControllerOptions options =
        new ControllerOptions(
            "rldp",
            new ControllerOptions.Pairs(
                new long[] {8, 8}, 2, null, NoiseAllocation.MINIMUM_VARIANCE),
            true,
            10,
            null,
            7);
    RecordingAgent four = new RecordingAgent(13, 4);
    LearnedController adapting = new LearnedController("rldp", options, four, true);
    Decision first = adapting.first();
    assertEquals(1, first.noiseFactor());
    four.willDo(-1);
    Decision second = adapting.next(after(first, 0.9, 4));
    assertEquals(Math.sqrt(0.5), second.noiseFactor(), 1e-12);
    assertEquals(NoiseAllocation.MINIMUM_VARIANCE, second.allocation());
    adapting.next(after(second, 0.8, 4));
    assertEquals(0, four.seen.get(0)[12]);
    assertEquals(-0.5, four.seen.get(1)[12]);
  }

  @Test
  void goesOnFromItsState() {
    agent.willDo(0.3);
    Decision decision = controller.first();
    decision = controller.next(after(decision, 0.9, 4));
    decision = controller.next(after(decision, 0.8, 3.8));
    decision = controller.next(after(decision, 0.7, Double.NaN));
    RecordingAgent fresh = new RecordingAgent(13, 3);
    LearnedController other =
        new LearnedController("rldp", Interval.options("rldp", 2), fresh, true);
    other.restore(other.state());
    other.restore(controller.state());
    assertEquals(1, other.skipped());
    for (int i = 0; i < 3; i++) {
      Observation seen = after(decision, 0.6 - 0.1 * i, 3.5 - i * i);
      decision = controller.next(seen);
      assertArrayEquals(decision.clipNorms(), other.next(seen).clipNorms());
      Transition one = agent.learned.get(agent.learned.size() - 1);
      Transition two = fresh.learned.get(fresh.learned.size() - 1);
      assertEquals(one.reward(), two.reward());
      assertArrayEquals(one.observation(), two.observation());
      assertArrayEquals(one.next(), two.next());
      assertArrayEquals(one.action(), two.action());
    }
  }

  @Test
  void refusesObservationsItCannotRead() {
    Decision first = controller.first();
    Observation unpaid = Interval.of(first.clipNorms()).gradientNorms(1, 1).observation();
    String message =
        assertThrows(IllegalArgumentException.class, () -> controller.next(unpaid)).getMessage();
    assertTrue(message.contains("statistics"), message);
    assertThrows(
        IllegalArgumentException.class, () -> controller.last(Interval.plain(1).observation()));
    assertFalse(agent.seen.size() > 0);
  }
}
