package dev.sotto.optimizer;

/**
 * Which optimizer, and its constants.
 *
 * @param kind SGD with momentum, or AdamW
 * @param momentum of SGD, in [0, 1); AdamW uses its customary 0.9 and 0.999
 * @param weightDecay decoupled weight decay, at least 0
 */
public record OptimizerOptions(Kind kind, double momentum, double weightDecay) {
  /** Optimizers. */
  public enum Kind {
    /** Stochastic gradient descent with momentum: DP-SGD (Abadi et al. 2016). */
    SGD,
    /** AdamW (Loshchilov and Hutter 2019) on privatized gradients: DP-AdamW. */
    ADAMW
  }

  /** Checks the values. */
  public OptimizerOptions {
    if (!(momentum >= 0) || momentum >= 1) {
      throw new IllegalArgumentException("momentum " + momentum + " is not in [0, 1)");
    }
    if (!(weightDecay >= 0) || Double.isInfinite(weightDecay)) {
      throw new IllegalArgumentException("weight decay " + weightDecay + " is not 0 or positive");
    }
  }
}
