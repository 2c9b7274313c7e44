package dev.sotto.control.learn;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/**
 * Agents reach stated scores on problems of known optimum. The controls are the same agents with
 * learning switched off, which must miss them.
 */
class LearningTest {
  private static final Tasks.Task BANDIT = new Tasks.Bandit();
  private static final Tasks.Task PENDULUM = new Tasks.Pendulum();
  // At best 0; the mean action of a fresh policy gets -0.27.
  private static final double BANDIT_SCORE = -0.05;
  // A hand-made feedback gets -0.28, doing nothing -8.3.
  private static final double PENDULUM_SCORE = -2.5;

  private static SacOptions sac(int updates) {
    return new SacOptions(
        64,
        new SacOptions.Replay(64, 10, 10_000),
        new SacOptions.Update(updates, 0.95, 1e-3, 0.01),
        0.1);
  }

  private static PpoOptions ppo(int horizon, double discount, double learningRate) {
    return new PpoOptions(
        64,
        0.6,
        new PpoOptions.Rollout(horizon, discount, 0.9),
        new PpoOptions.Update(10, 0.2, learningRate, 1e-3));
  }

  private static double score(Tasks.Task task, Agent agent, int decisions) {
    try (agent) {
      Tasks.train(task, agent, decisions, 5);
      return Tasks.score(task, agent::greedy);
    }
  }

  private static void reaches(double wanted, double score) {
    assertTrue(score >= wanted, "score " + score);
  }

  private static void misses(double wanted, double score) {
    assertTrue(score < wanted, "score " + score + " without learning");
  }

  @Test
  void softActorCriticLearnsABandit() {
    reaches(BANDIT_SCORE, score(BANDIT, new SoftActorCritic(1, 2, sac(4), 1), 80));
    misses(BANDIT_SCORE, score(BANDIT, new SoftActorCritic(1, 2, sac(0), 1), 80));
  }

  @Test
  void softActorCriticBalancesAPendulum() {
    reaches(PENDULUM_SCORE, score(PENDULUM, new SoftActorCritic(2, 1, sac(1), 1), 600));
    misses(PENDULUM_SCORE, score(PENDULUM, new SoftActorCritic(2, 1, sac(0), 1), 600));
  }

  @Test
  void proximalPolicyLearnsABandit() {
    reaches(BANDIT_SCORE, score(BANDIT, new ProximalPolicy(1, 2, ppo(64, 0.9, 1e-3), 1), 2000));
    misses(BANDIT_SCORE, score(BANDIT, new ProximalPolicy(1, 2, ppo(64, 0.9, 0), 1), 2000));
  }

  @Test
  void proximalPolicyBalancesAPendulum() {
    reaches(
        PENDULUM_SCORE, score(PENDULUM, new ProximalPolicy(2, 1, ppo(128, 0.95, 1e-3), 1), 5000));
    misses(PENDULUM_SCORE, score(PENDULUM, new ProximalPolicy(2, 1, ppo(128, 0.95, 0), 1), 5000));
  }
}
