package dev.sotto.control.learn;

/**
 * Settings of soft actor-critic.
 *
 * @param width units of each of the two hidden layers
 * @param batch transitions of an update
 * @param updates updates for every transition learned; 0 switches learning off
 * @param warmUp uniform random actions before the policy acts, and transitions before the first
 *     update
 * @param capacity transitions remembered
 * @param discount weight of the next step's value, in [0, 1)
 * @param learningRate of Adam, for the networks and the temperature
 * @param targetRate share by which the target critics follow the critics at every update, in (0, 1]
 * @param temperature weight of the entropy at the start; learned from there on
 */
public record SacOptions(
    int width,
    int batch,
    int updates,
    int warmUp,
    int capacity,
    double discount,
    double learningRate,
    double targetRate,
    double temperature) {
  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if one is left
   */
  public SacOptions {
    Ranges.atLeast(1, width, "width");
    Ranges.atLeast(1, batch, "batch");
    Ranges.atLeast(0, updates, "updates");
    Ranges.atLeast(0, warmUp, "warm-up");
    Ranges.atLeast(Math.max(1, warmUp), capacity, "capacity");
    Ranges.within(0, discount, Math.nextDown(1.0), "discount");
    Ranges.within(Double.MIN_NORMAL, learningRate, 1, "learning rate");
    Ranges.within(Double.MIN_NORMAL, targetRate, 1, "target rate");
    Ranges.within(Double.MIN_NORMAL, temperature, Double.MAX_VALUE, "temperature");
  }

  /** For runs of some tens to some hundreds of decisions. */
  public static SacOptions defaults() {
    return new SacOptions(64, 64, 4, 10, 10_000, 0.9, 1e-3, 0.01, 0.1);
  }
}
