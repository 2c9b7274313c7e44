package dev.sotto.plan;

import dev.sotto.base.InputException;
import dev.sotto.control.Controllers;
import java.nio.file.Path;

/**
 * Who chooses clip norms, and on request noise, while a run is going on. Clipping is per adapter
 * and noise Gaussian.
 *
 * @param controller name, one of {@code Controllers.names()}
 * @param interval steps between decisions
 * @param adaptNoise whether the controller also chooses the noise multiplier, under a Rényi filter
 *     in place of the tight account
 * @param startFrom policy file of another run, or null
 * @param publicBase whether the clip norms that the controller starts from, and moves about, are in
 *     proportion to gradient norms on public records; equal ones otherwise. {@code public-static}
 *     takes public ones anyway
 * @param publicData those records; null to take the validation data
 * @param statisticsCost by how much the noise multiplier of the gradient rises, relatively, to pay
 *     for clip indicators and losses, for controllers that read them
 * @param lossBound where a unit's loss is cut off in these statistics, in nats per token
 * @param privatizedReward whether the utility is the privatised training loss even where there is
 *     public validation data
 */
public record ControlOptions(
    String controller,
    int interval,
    boolean adaptNoise,
    Path startFrom,
    boolean publicBase,
    Path publicData,
    double statisticsCost,
    double lossBound,
    boolean privatizedReward) {
  /** Checks the values. */
  public ControlOptions {
    if (interval < 1) {
      throw new InputException(
          "a control interval of " + interval + " steps is none: give at least 1");
    }
    if (!(statisticsCost > 0) || statisticsCost > 1) {
      throw new InputException(
          "statistics cost " + statisticsCost + " is not in (0, 1]: choose one, for example 0.01");
    }
    if (!(lossBound > 0) || Double.isInfinite(lossBound)) {
      throw new InputException(
          "loss bound " + lossBound + " is not a positive number: choose one, for example 10");
    }
  }

  /** Whether gradient norms on public records are needed. */
  boolean usesPublicNorms() {
    return publicBase || Controllers.usesPublicNorms(controller);
  }

  /**
   * Checks the interval against the length of the run.
   *
   * @throws InputException if the controller would decide only once
   */
  void requireWithin(long steps) {
    if (interval > steps) {
      throw new InputException(
          "a control interval of "
              + interval
              + " steps is longer than the run of "
              + steps
              + ": give --control-interval "
              + Math.max(1, steps / 10)
              + " or a longer run");
    }
  }
}
