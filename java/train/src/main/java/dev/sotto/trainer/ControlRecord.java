package dev.sotto.trainer;

/**
 * What one interval of a controlled run looked like from outside: chosen, released or public
 * values, nothing exact about private records.
 *
 * @param step last charged step of the interval
 * @param clipNorms C_k in force, K values in the gradient's units
 * @param noiseStddevs noise on a coordinate of each pair's sum, K values in the same units
 * @param clipFractions privatised share of clipped units per pair, mean over the interval; null
 *     where no statistics are released
 * @param loss privatised mean loss in nats per token; null likewise
 * @param gradientNorms L2 norm of each pair's released mean gradient, mean over the interval
 * @param adapterNorms L2 norm of each pair's weights after the interval
 * @param epsilon upper bound on ε spent so far; where the noise followed the releases, the budget
 * @param validationPerplexity on public data after the interval; null without any
 * @param controllerSeconds time the controller took to decide and learn. The time of the steps is
 *     left out: it follows the batches really drawn, which are private
 */
public record ControlRecord(
    long step,
    double[] clipNorms,
    double[] noiseStddevs,
    double[] clipFractions,
    Double loss,
    double[] gradientNorms,
    double[] adapterNorms,
    double epsilon,
    Double validationPerplexity,
    double controllerSeconds) {}
