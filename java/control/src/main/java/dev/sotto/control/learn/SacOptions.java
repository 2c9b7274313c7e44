package dev.sotto.control.learn;

/**
 * Settings of soft actor-critic.
 *
 * @param width units of each of the two hidden layers
 * @param replay what is remembered, and drawn for an update
 * @param update what is made of it
 * @param temperature weight of the entropy at the start; learned from there on
 */
public record SacOptions(int width, Replay replay, Update update, double temperature) {
  /**
   * The memory of transitions.
   *
   * @param batch transitions of an update
   * @param warmUp uniform random actions before the policy acts, and transitions before the first
   *     update
   * @param capacity transitions remembered
   */
  public record Replay(int batch, int warmUp, int capacity) {
    /** Checks the ranges. */
    public Replay {
      Ranges.atLeast(1, batch, "batch");
      Ranges.atLeast(0, warmUp, "warm-up");
      Ranges.atLeast(Math.max(1, warmUp), capacity, "capacity");
    }
  }

  /**
   * Learning from a transition.
   *
   * @param count updates for every transition learned; 0 switches learning off
   * @param discount weight of the next step's value, in [0, 1)
   * @param learningRate of Adam, for the networks and the temperature
   * @param targetRate share by which the target critics follow the critics at every update, in (0,
   *     1]
   */
  public record Update(int count, double discount, double learningRate, double targetRate) {
    /** Checks the ranges. */
    public Update {
      Ranges.atLeast(0, count, "updates");
      Ranges.within(0, discount, Math.nextDown(1.0), "discount");
      Ranges.within(Double.MIN_NORMAL, learningRate, 1, "learning rate");
      Ranges.within(Double.MIN_NORMAL, targetRate, 1, "target rate");
    }
  }

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if one is left
   */
  public SacOptions {
    Ranges.atLeast(1, width, "width");
    Ranges.within(Double.MIN_NORMAL, temperature, Double.MAX_VALUE, "temperature");
  }

  /** For runs of some tens to some hundreds of decisions. */
  public static SacOptions defaults() {
    return new SacOptions(
        64, new SacOptions.Replay(64, 10, 10_000), new SacOptions.Update(4, 0.9, 1e-3, 0.01), 0.1);
  }
}
