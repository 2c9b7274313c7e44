package dev.sotto.plan;

import dev.sotto.base.InputException;
import dev.sotto.optimizer.LearningRate;
import dev.sotto.optimizer.OptimizerOptions;

/**
 * How long and how fast to train.
 *
 * @param batchSize expected batch size qN in privacy units; 0 to take {@code samplingRate}
 * @param samplingRate q; 0 to take {@code batchSize}
 * @param steps T; 0 to take {@code epochs}
 * @param epochs expected passes over the data, T·q
 * @param optimizer kind and constants
 * @param learningRate peak rate
 * @param warmupSteps steps of linear rise
 * @param decay shape after the warm-up
 * @param microBatchTokens tokens of a physical micro-batch
 * @param checkpointEvery steps between checkpoints
 */
public record TrainingOptions(
    double batchSize,
    double samplingRate,
    long steps,
    double epochs,
    OptimizerOptions optimizer,
    double learningRate,
    long warmupSteps,
    LearningRate.Decay decay,
    int microBatchTokens,
    int checkpointEvery) {
  /** Checks the values. */
  public TrainingOptions {
    if (!(batchSize >= 0) || Double.isInfinite(batchSize)) {
      throw new InputException("batch size " + batchSize + " is not a positive number");
    }
    if (!(samplingRate >= 0) || samplingRate > 1) {
      throw new InputException("sampling rate " + samplingRate + " is not in (0, 1]");
    }
    if ((batchSize == 0) == (samplingRate == 0)) {
      throw new InputException("give either a batch size or a sampling rate");
    }
    if (steps < 0 || steps > 10_000_000) {
      throw new InputException("steps " + steps + " is not between 1 and 10,000,000");
    }
    if (steps == 0 && (!(epochs > 0) || epochs > 10_000)) {
      throw new InputException("epochs " + epochs + " is not in (0, 10000]");
    }
    if (microBatchTokens < 1) {
      throw new InputException("micro-batch of " + microBatchTokens + " tokens: give at least 1");
    }
    if (checkpointEvery < 1) {
      throw new InputException("checkpoint every " + checkpointEvery + " steps: give at least 1");
    }
  }

  /** q for {@code units} privacy units. */
  double samplingProbability(long units) {
    if (samplingRate > 0) {
      return samplingRate;
    }
    if (batchSize > units) {
      throw new InputException(
          "batch size "
              + batchSize
              + " exceeds the "
              + units
              + " privacy units: give --batch-size "
              + Math.max(1, units / 4)
              + " or less");
    }
    return batchSize / units;
  }

  /** T for a sampling probability. */
  long stepsFor(double samplingProbability) {
    return steps > 0 ? steps : Math.max(1, Math.round(epochs / samplingProbability));
  }
}
