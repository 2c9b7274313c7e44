package dev.sotto.mechanism;

/**
 * True Poisson sampling: each unit joins a batch independently with probability q. The batch size
 * is random and may be zero; both are part of the mechanism the accountant assumes (Mironov, Talwar
 * and Zhang 2019). Who was drawn is sensitive.
 */
public final class PoissonSampler {
  private final SamplingKey key;
  private final int units;
  private final long threshold;

  /**
   * Prepares to draw from {@code units} units.
   *
   * @param key source of randomness, of which the noise cannot be learned
   * @param samplingProbability q in (0, 1]
   * @param units N, at least 1
   */
  public PoissonSampler(SamplingKey key, double samplingProbability, int units) {
    if (!(samplingProbability > 0) || samplingProbability > 1) {
      throw new IllegalArgumentException(
          "sampling probability " + samplingProbability + " is not in (0, 1]");
    }
    if (units < 1 || units > PoissonDraw.MOST_UNITS) {
      throw new IllegalArgumentException(
          units + " units cannot be sampled from: between 1 and 268,435,455 can");
    }
    this.key = key;
    this.units = units;
    // A 64-bit word falls below floor(q 2^64) with probability at most q.
    this.threshold =
        samplingProbability == 1.0
            ? PoissonDraw.CERTAIN
            : (long) Math.scalb(samplingProbability, 63) * 2 + Long.MIN_VALUE;
  }

  /**
   * The coins of one step's batch.
   *
   * @param step addresses the draw: the same key and step give the same batch
   * @return to be closed, which wipes its key
   */
  public PoissonDraw draw(long step) {
    return new PoissonDraw(step, key.ofStep(step), threshold, units);
  }

  /**
   * The units of one batch in ascending order.
   *
   * @param step as for {@link #draw}
   * @return indices into the corpus; sensitive
   */
  public int[] sample(long step) {
    try (PoissonDraw draw = draw(step)) {
      return draw.among(0, units);
    }
  }
}
