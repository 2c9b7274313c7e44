package dev.sotto.accounting;

/**
 * Ways to share one noise multiplier z among K groups with clip norms C_k. Each gives standard
 * deviations s_k with (sum C_k^2 / s_k^2)^(-1/2) = z exactly, so all cost the same privacy and
 * differ only in where the noise goes.
 */
public enum NoiseAllocation {
  /** s_k = z sqrt(K) C_k: every group at the same ratio of noise to clip norm. */
  UNIFORM(0) {
    @Override
    double weight(double clip, int size) {
      return clip;
    }
  },
  /** s_k = z ||C||_2: the same noise on every coordinate of every group. */
  PROPORTIONAL(1) {
    @Override
    double weight(double clip, int size) {
      return 1;
    }
  },
  /**
   * s_k^2 = z^2 (C_k / sqrt(d_k)) sum_j C_j sqrt(d_j): the smallest total variance sum d_k s_k^2
   * (Lagrange multiplier on the constraint).
   */
  MINIMUM_VARIANCE(2) {
    @Override
    double weight(double clip, int size) {
      return Math.sqrt(clip / Math.sqrt(size));
    }
  };

  private final int code;

  NoiseAllocation(int code) {
    this.code = code;
  }

  /** The number that stands for it in a file of numbers; never changed. */
  public int code() {
    return code;
  }

  /** The standard deviation of a group up to a factor common to all groups. */
  abstract double weight(double clip, int size);

  /**
   * The standard deviation for each group.
   *
   * @param noiseMultiplier the joint multiplier z wanted
   * @param clipNorms C_k, K entries above 0
   * @param sizes d_k, the number of coordinates of each group, K entries of at least 1
   * @return s_k, K entries, in the unit of the clip norms
   */
  public double[] stddevs(double noiseMultiplier, double[] clipNorms, int[] sizes) {
    Checks.positive(noiseMultiplier, "noise multiplier");
    if (clipNorms.length == 0 || clipNorms.length != sizes.length) {
      throw new IllegalArgumentException(
          "noise allocation needs one size per clip norm and at least one group, got "
              + clipNorms.length
              + " clip norms and "
              + sizes.length
              + " sizes");
    }
    double[] stddevs = new double[clipNorms.length];
    double norm = 0;
    for (int k = 0; k < stddevs.length; k++) {
      Checks.positive(clipNorms[k], "clip norm of group " + k);
      Checks.count(sizes[k], "size of group " + k);
      stddevs[k] = weight(clipNorms[k], sizes[k]);
      norm = Math.hypot(norm, clipNorms[k] / stddevs[k]);
    }
    for (int k = 0; k < stddevs.length; k++) {
      stddevs[k] *= noiseMultiplier * norm;
    }
    return stddevs;
  }
}
