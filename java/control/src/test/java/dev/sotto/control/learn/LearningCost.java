package dev.sotto.control.learn;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.SplittableRandom;

/**
 * Prints what a decision and an update cost, as CPU time of the one thread: {@code LearningCost
 * [observations [actions]]}. A main program, since ND4J stays out of the benchmark's jar.
 */
final class LearningCost {
  private static final int DECISIONS = 50;
  private static final ThreadMXBean CLOCK = ManagementFactory.getThreadMXBean();

  private LearningCost() {}

  public static void main(String[] arguments) {
    int observations = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 30;
    int actions = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 12;
    System.out.println(observations + " observations, " + actions + " actions");
    SacOptions sac = SacOptions.defaults();
    PpoOptions ppo = PpoOptions.defaults();
    try (Agent agent = new SoftActorCritic(observations, actions, sac, 1)) {
      measure(agent, sac.update().count(), "update");
    }
    try (Agent agent = new ProximalPolicy(observations, actions, ppo, 1)) {
      measure(agent, (double) ppo.update().epochs() / ppo.rollout().horizon(), "epoch");
    }
  }

  private static void measure(Agent agent, double updates, String unit) {
    SplittableRandom random = new SplittableRandom(2);
    double[] observation = random.doubles(agent.observationSize()).toArray();
    for (int round = 0; round < 10; round++) {
      long acting = 0;
      long learning = 0;
      for (int i = 0; i < DECISIONS; i++) {
        long start = CLOCK.getCurrentThreadCpuTime();
        double[] action = agent.act(observation);
        long acted = CLOCK.getCurrentThreadCpuTime();
        double[] next = random.doubles(agent.observationSize()).toArray();
        agent.learn(new Transition(observation, action, random.nextDouble(), next, false));
        learning += CLOCK.getCurrentThreadCpuTime() - acted;
        acting += acted - start;
        observation = next;
      }
      System.out.printf(
          "%s, decisions %d to %d: act %.3f ms, learn %.2f ms (%.2f ms each %s)%n",
          agent.kind(),
          round * DECISIONS,
          (round + 1) * DECISIONS,
          acting * 1e-6 / DECISIONS,
          learning * 1e-6 / DECISIONS,
          learning * 1e-6 / DECISIONS / updates,
          unit);
    }
  }
}
