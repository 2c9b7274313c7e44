package dev.sotto.control.learn;

/**
 * Settings of proximal policy optimisation.
 *
 * @param width units of each of the two hidden layers
 * @param horizon transitions collected for every round of updates
 * @param epochs passes over them
 * @param clip how far the probability ratio may move from 1 before it earns nothing more, in (0, 1)
 * @param discount weight of the next step's value, in [0, 1)
 * @param trace lambda of generalised advantage estimation, in [0, 1]
 * @param learningRate of Adam; 0 switches learning off
 * @param entropyWeight weight of the entropy in the objective
 * @param sigma standard deviation of the policy before tanh, at the start
 */
public record PpoOptions(
    int width,
    int horizon,
    int epochs,
    double clip,
    double discount,
    double trace,
    double learningRate,
    double entropyWeight,
    double sigma) {
  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if one is left
   */
  public PpoOptions {
    Ranges.atLeast(1, width, "width");
    Ranges.atLeast(2, horizon, "horizon");
    Ranges.atLeast(1, epochs, "epochs");
    Ranges.within(Double.MIN_NORMAL, clip, Math.nextDown(1.0), "clip");
    Ranges.within(0, discount, Math.nextDown(1.0), "discount");
    Ranges.within(0, trace, 1, "trace");
    Ranges.within(0, learningRate, 1, "learning rate");
    Ranges.within(0, entropyWeight, Double.MAX_VALUE, "entropy weight");
    Ranges.within(Double.MIN_NORMAL, sigma, Double.MAX_VALUE, "sigma");
  }

  /** For runs of some tens to some hundreds of decisions. */
  public static PpoOptions defaults() {
    return new PpoOptions(64, 16, 10, 0.2, 0.9, 0.9, 1e-3, 1e-3, 0.6);
  }
}
