package dev.sotto.trainer;

import dev.sotto.model.LoraAdapters;
import dev.sotto.model.TrainingPass;
import dev.sotto.optimizer.LearningRate;
import dev.sotto.optimizer.Optimizer;

/**
 * What is trained, and how a gradient changes it.
 *
 * @param pass planned for training with {@code lora}
 * @param lora the adapters
 * @param optimizer over {@code lora.weights()}
 * @param learningRate of each of these steps
 * @param before steps of the run that were made before, of another stage
 */
public record Trainable(
    TrainingPass pass,
    LoraAdapters lora,
    Optimizer optimizer,
    LearningRate learningRate,
    long before) {
  /** All steps of a run. */
  public Trainable(
      TrainingPass pass, LoraAdapters lora, Optimizer optimizer, LearningRate learningRate) {
    this(pass, lora, optimizer, learningRate, 0);
  }

  /** The rate of a step of the run, counted from 1. */
  float rate(long step) {
    return learningRate.at(step - before);
  }
}
