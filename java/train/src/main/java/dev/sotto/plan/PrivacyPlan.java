package dev.sotto.plan;

import dev.sotto.accounting.Accountant;
import dev.sotto.accounting.Calibration;
import dev.sotto.accounting.NoiseAllocation;
import dev.sotto.clip.Clipping;
import dev.sotto.trainer.PrivacyParameters;

/**
 * The numbers of a private run, all fixed before it starts.
 *
 * @param units N, public
 * @param samplingProbability q
 * @param steps T
 * @param epsilon target ε
 * @param delta δ
 * @param accountant who vouches for it
 * @param noiseMultiplier z, the least that meets the target
 */
public record PrivacyPlan(
    long units,
    double samplingProbability,
    long steps,
    double epsilon,
    double delta,
    Accountant accountant,
    double noiseMultiplier) {

  /**
   * Finds the noise for the guarantee wanted.
   *
   * @param units N, public
   */
  public static PrivacyPlan of(PrivacyOptions privacy, TrainingOptions training, long units) {
    double q = training.samplingProbability(units);
    long steps = training.stepsFor(q);
    double delta = privacy.deltaFor(units);
    Accountant accountant = Accountant.named(privacy.accountant());
    double z = Calibration.noiseMultiplier(accountant, privacy.epsilon(), delta, q, steps);
    return new PrivacyPlan(units, q, steps, privacy.epsilon(), delta, accountant, z);
  }

  /** Expected batch size, qN. */
  public double expectedBatchSize() {
    return samplingProbability * units;
  }

  /** Upper bound on ε after {@code charged} steps; 0 before the first. */
  public double epsilonAfter(long charged) {
    if (charged == 0) {
      return 0;
    }
    return accountant.epsilonUpper(
        Calibration.run(noiseMultiplier, samplingProbability, charged), delta);
  }

  /** The mechanism of each step for {@code pairs} LoRA pairs. */
  PrivacyParameters parameters(PrivacyOptions privacy, int pairs) {
    Clipping clipping =
        privacy.perAdapter()
            ? Clipping.perPair(privacy.clipNorm(), pairs)
            : Clipping.flat(privacy.clipNorm());
    NoiseAllocation allocation = privacy.allocation();
    return new PrivacyParameters(
        samplingProbability, expectedBatchSize(), clipping, noiseMultiplier, allocation);
  }
}
