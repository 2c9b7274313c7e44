package dev.sotto.trainer;

import dev.sotto.model.LoraAdapters;
import dev.sotto.model.TransformerPass;
import dev.sotto.optimizer.LearningRate;
import dev.sotto.optimizer.Optimizer;

/**
 * What is trained, and how a gradient changes it.
 *
 * @param pass planned for training with {@code lora}
 * @param lora the adapters
 * @param optimizer over {@code lora.weights()}
 * @param learningRate of each step
 */
public record Trainable(
    TransformerPass pass, LoraAdapters lora, Optimizer optimizer, LearningRate learningRate) {}
