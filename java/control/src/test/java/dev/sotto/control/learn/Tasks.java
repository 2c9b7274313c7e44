package dev.sotto.control.learn;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/** Small control problems whose best play is known. */
final class Tasks {
  private Tasks() {}

  /** A decision process with an end after a fixed number of steps. */
  interface Task {
    double[] start(RandomGenerator random);

    /** Reward and next observation; terminal only where no reward can follow. */
    Transition step(double[] observation, double[] action);

    int actionSize();

    int length();
  }

  /** One decision: the reward is minus the squared distance to a point that the context moves. */
  static final class Bandit implements Task {
    static double[] best(double[] observation) {
      return new double[] {0.5 * observation[0], 0.3 - 0.4 * observation[0]};
    }

    @Override
    public double[] start(RandomGenerator random) {
      return new double[] {2 * random.nextDouble() - 1};
    }

    @Override
    public Transition step(double[] observation, double[] action) {
      double[] best = best(observation);
      double reward = 0;
      for (int k = 0; k < best.length; k++) {
        reward -= (action[k] - best[k]) * (action[k] - best[k]);
      }
      return new Transition(observation, action, reward, observation, true);
    }

    @Override
    public int actionSize() {
      return 2;
    }

    @Override
    public int length() {
      return 1;
    }
  }

  /**
   * An inverted pendulum with a weak motor: angle'' = 4 sin(angle) + 6 action, 0.1 s a step. Left
   * alone it falls; it has fallen, and the episode ends, beyond one radian.
   */
  static final class Pendulum implements Task {
    /** The feedback whose linearised closed loop has its poles near 3 per second. */
    static double[] feedback(double[] observation) {
      double torque = -(2.2 * observation[0] + 1.0 * observation[1]);
      return new double[] {Math.max(-0.99, Math.min(0.99, torque))};
    }

    @Override
    public double[] start(RandomGenerator random) {
      return new double[] {random.nextDouble() - 0.5, random.nextDouble() - 0.5};
    }

    @Override
    public Transition step(double[] observation, double[] action) {
      double speed = observation[1] + 0.1 * (4 * Math.sin(observation[0]) + 6 * action[0]);
      double angle = observation[0] + 0.1 * speed;
      boolean fallen = Math.abs(angle) > 1;
      double reward = fallen ? -5 : -(angle * angle + 0.1 * speed * speed);
      return new Transition(observation, action, reward, new double[] {angle, speed}, fallen);
    }

    @Override
    public int actionSize() {
      return 1;
    }

    @Override
    public int length() {
      return 40;
    }
  }

  /** What a player does in an observation. */
  interface Player {
    double[] act(double[] observation);
  }

  /** Lets an agent learn for a number of decisions. */
  static void train(Task task, Agent agent, int decisions, long seed) {
    RandomGenerator random = new SplittableRandom(seed);
    double[] observation = task.start(random);
    for (int step = 0, age = 0; step < decisions; step++) {
      Transition transition = task.step(observation, agent.act(observation));
      agent.learn(transition);
      observation = transition.next();
      if (transition.terminal() || ++age == task.length()) {
        observation = task.start(random);
        age = 0;
      }
    }
  }

  /** The mean reward of an episode, over 30 of them. */
  static double score(Task task, Player player) {
    RandomGenerator random = new SplittableRandom(99);
    double sum = 0;
    for (int episode = 0; episode < 30; episode++) {
      double[] observation = task.start(random);
      for (int age = 0; age < task.length(); age++) {
        Transition transition = task.step(observation, player.act(observation));
        sum += transition.reward();
        observation = transition.next();
        if (transition.terminal()) {
          break;
        }
      }
    }
    return sum / 30;
  }
}
