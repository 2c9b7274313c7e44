package dev.sotto.control.learn;

/**
 * Settings of proximal policy optimisation.
 *
 * @param width units of each of the two hidden layers
 * @param sigma standard deviation of the policy before tanh, at the start
 * @param rollout what is collected before an update
 * @param update what is made of it
 */
public record PpoOptions(int width, double sigma, Rollout rollout, Update update) {
  /**
   * Transitions, and the advantages estimated from them.
   *
   * @param horizon transitions collected for every round of updates
   * @param discount weight of the next step's value, in [0, 1)
   * @param trace lambda of generalised advantage estimation, in [0, 1]
   */
  public record Rollout(int horizon, double discount, double trace) {
    /** Checks the ranges. */
    public Rollout {
      Ranges.atLeast(2, horizon, "horizon");
      Ranges.within(0, discount, Math.nextDown(1.0), "discount");
      Ranges.within(0, trace, 1, "trace");
    }
  }

  /**
   * A round of updates.
   *
   * @param epochs passes over the transitions
   * @param clip how far the probability ratio may move from 1 before it earns nothing more, in (0,
   *     1)
   * @param learningRate of Adam; 0 switches learning off
   * @param entropyWeight weight of the entropy in the objective
   */
  public record Update(int epochs, double clip, double learningRate, double entropyWeight) {
    /** Checks the ranges. */
    public Update {
      Ranges.atLeast(1, epochs, "epochs");
      Ranges.within(Double.MIN_NORMAL, clip, Math.nextDown(1.0), "clip");
      Ranges.within(0, learningRate, 1, "learning rate");
      Ranges.within(0, entropyWeight, Double.MAX_VALUE, "entropy weight");
    }
  }

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if one is left
   */
  public PpoOptions {
    Ranges.atLeast(1, width, "width");
    Ranges.within(Double.MIN_NORMAL, sigma, Double.MAX_VALUE, "sigma");
  }

  /** For runs of some tens to some hundreds of decisions. */
  public static PpoOptions defaults() {
    return new PpoOptions(
        64, 0.6, new PpoOptions.Rollout(16, 0.9, 0.9), new PpoOptions.Update(10, 0.2, 1e-3, 1e-3));
  }
}
