package dev.sotto.study;

import dev.sotto.accounting.NoiseAllocation;
import dev.sotto.plan.TrainingOptions;
import java.nio.file.Path;
import java.util.Locale;

/**
 * One of the things compared: a controller with its settings.
 *
 * @param label what it is called in tables and pictures; unique
 * @param controller name of the controller
 * @param adaptNoise whether it also chooses the noise
 * @param controllerFrom policy file to start from, or null
 * @param publicBase whether its clip norms start in proportion to gradient norms on public records
 * @param training schedule and optimizer
 * @param clipNorm C, the L2 bound on a unit's whole gradient
 * @param allocation how noise is shared among the adapters
 * @param controlInterval steps between decisions
 * @param statisticsCost relative rise of the gradient's noise multiplier that pays for privatised
 *     statistics
 * @param lossBound L, the bound on a unit's loss in nats per token
 * @param privatizedReward whether a learning controller is paid by the privatised training loss
 *     rather than by perplexity on the validation file
 */
public record StudyArm(
    String label,
    String controller,
    boolean adaptNoise,
    Path controllerFrom,
    boolean publicBase,
    TrainingOptions training,
    double clipNorm,
    NoiseAllocation allocation,
    int controlInterval,
    double statisticsCost,
    double lossBound,
    boolean privatizedReward) {

  /** The label as part of a file's name. */
  String fileName() {
    return label.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-|-$", "");
  }
}
