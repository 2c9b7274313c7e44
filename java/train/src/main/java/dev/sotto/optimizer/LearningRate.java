package dev.sotto.optimizer;

/**
 * A learning rate for every step, fixed before training: linear warm-up, then constant, linear or
 * cosine decay to zero.
 *
 * @param peak largest rate, positive
 * @param warmupSteps steps of linear rise, 0 for none
 * @param totalSteps steps of the whole run
 * @param decay what follows the warm-up
 */
public record LearningRate(double peak, long warmupSteps, long totalSteps, Decay decay) {
  /** The shape after the warm-up. */
  public enum Decay {
    /** Stays at the peak. */
    CONSTANT,
    /** Falls in a straight line. */
    LINEAR,
    /** Falls along half a cosine (Loshchilov and Hutter 2017). */
    COSINE
  }

  /** Checks the values. */
  public LearningRate {
    if (!(peak > 0) || Double.isInfinite(peak)) {
      throw new IllegalArgumentException("learning rate " + peak + " is not a positive number");
    }
    if (warmupSteps < 0 || totalSteps < 0) {
      throw new IllegalArgumentException("a schedule cannot have a negative number of steps");
    }
  }

  /** The rate of step {@code step}, counted from 1. */
  public float at(long step) {
    if (step <= warmupSteps) {
      return (float) (peak * step / warmupSteps);
    }
    double progress =
        Math.min(1, (step - 1.0 - warmupSteps) / Math.max(1, totalSteps - warmupSteps));
    double factor =
        switch (decay) {
          case CONSTANT -> 1;
          case LINEAR -> 1 - progress;
          case COSINE -> (1 + Math.cos(Math.PI * progress)) / 2;
        };
    return (float) (peak * factor);
  }
}
