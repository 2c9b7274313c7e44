package dev.sotto.trainer;

import com.fasterxml.jackson.annotation.JsonUnwrapped;

/**
 * What one interval of a controlled run looked like from outside: chosen, released or public
 * values, nothing exact about private records. In JSON all values lie side by side.
 *
 * @param step last charged step of the interval
 * @param chosen what the controller had decided
 * @param statistics what was released about losses and clipping
 * @param norms what was released about gradients and weights
 * @param epsilon upper bound on ε spent so far; where the noise followed the releases, the budget
 * @param validationPerplexity on public data after the interval; null without any
 * @param controllerSeconds time the controller took to decide and learn. The time of the steps is
 *     left out: it follows the batches really drawn, which are private
 */
public record ControlRecord(
    long step,
    @JsonUnwrapped Chosen chosen,
    @JsonUnwrapped Statistics statistics,
    @JsonUnwrapped Norms norms,
    double epsilon,
    Double validationPerplexity,
    double controllerSeconds) {
  /**
   * What was in force.
   *
   * @param clipNorms C_k, K values in the gradient's units
   * @param noiseStddevs noise on a coordinate of each pair's sum, K values in the same units
   */
  public record Chosen(double[] clipNorms, double[] noiseStddevs) {}

  /**
   * Means over the interval; null where no statistics are released.
   *
   * @param clipFractions privatised share of clipped units per pair
   * @param loss privatised mean loss in nats per token
   */
  public record Statistics(double[] clipFractions, Double loss) {}

  /**
   * L2 norms, one a pair.
   *
   * @param gradientNorms of each pair's released mean gradient, mean over the interval
   * @param adapterNorms of each pair's weights after the interval
   */
  public record Norms(double[] gradientNorms, double[] adapterNorms) {}
}
