package dev.sotto.model;

/**
 * Angular frequencies of rotary embeddings: pair i of a head turns by position · frequency(i)
 * radians (Su et al. 2021).
 *
 * @param theta base of the geometric series, f_i = θ^(−2i/D)
 * @param scaling how long contexts stretch it, or null
 */
public record RotaryFrequencies(double theta, Llama3Scaling scaling) {
  /**
   * Checks the base.
   *
   * @throws IllegalArgumentException if a frequency would be no number
   */
  public RotaryFrequencies {
    if (!(theta > 0)) {
      throw new IllegalArgumentException("rope_theta is " + theta + ", but must be above 0");
    }
  }

  /**
   * Llama 3's rule, {@code rope_type: llama3}: wavelengths above {@code
   * originalPositions/lowFactor} are divided by {@code factor}, those below {@code
   * originalPositions/highFactor} stay, and between them the two are blended linearly in the number
   * of turns.
   *
   * @param factor how much longer the context becomes
   * @param lowFactor turns within the original context below which a frequency is divided
   * @param highFactor turns above which it stays
   * @param originalPositions original context length
   */
  public record Llama3Scaling(
      double factor, double lowFactor, double highFactor, double originalPositions) {
    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if a frequency would be no number
     */
    public Llama3Scaling {
      if (!(factor > 0) || !(lowFactor >= 0) || !(highFactor > lowFactor)) {
        throw new IllegalArgumentException(
            "rope type llama3 needs factor above 0 and high_freq_factor above low_freq_factor");
      }
      if (!(originalPositions > 0)) {
        throw new IllegalArgumentException(
            "rope type llama3 needs original_max_position_embeddings above 0");
      }
    }

    double apply(double frequency) {
      double turns = originalPositions * frequency / (2 * Math.PI);
      if (turns < lowFactor) {
        return frequency / factor;
      }
      if (turns > highFactor) {
        return frequency;
      }
      double keep = (turns - lowFactor) / (highFactor - lowFactor);
      return (1 - keep) * frequency / factor + keep * frequency;
    }
  }

  /**
   * Frequency of pair {@code pair} of a head of {@code headDim} channels, in radians per position.
   */
  public double frequency(int pair, int headDim) {
    double frequency = Math.pow(theta, -2.0 * pair / headDim);
    return scaling == null ? frequency : scaling.apply(frequency);
  }

  /**
   * Table [positions, headDim/2] of cosines (or sines), row-major, computed in double precision.
   */
  float[] table(int positions, int headDim, boolean sine) {
    int half = headDim / 2;
    float[] table = new float[positions * half];
    for (int i = 0; i < half; i++) {
      double frequency = frequency(i, headDim);
      for (int p = 0; p < positions; p++) {
        double angle = p * frequency;
        table[p * half + i] = (float) (sine ? Math.sin(angle) : Math.cos(angle));
      }
    }
    return table;
  }
}
