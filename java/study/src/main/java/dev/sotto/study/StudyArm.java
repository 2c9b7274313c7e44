package dev.sotto.study;

import dev.sotto.plan.FinetuneOptions;
import dev.sotto.plan.TrainingOptions;
import java.util.Locale;

/**
 * One of the things compared: a controller with its settings.
 *
 * @param label what it is called in tables and pictures; unique
 * @param options of its runs, but for ε, seeds and output
 */
public record StudyArm(String label, FinetuneOptions options) {
  /** Name of the controller. */
  public String controller() {
    return options.control().orElseThrow().controller();
  }

  /** Whether it also chooses the noise. */
  public boolean adaptNoise() {
    return options.control().orElseThrow().adaptNoise();
  }

  /** Schedule and optimizer. */
  public TrainingOptions training() {
    return options.training();
  }

  /** The label as part of a file's name. */
  String fileName() {
    return label.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-|-$", "");
  }
}
