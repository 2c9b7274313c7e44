package dev.sotto.trainer;

import dev.sotto.data.Block;
import dev.sotto.mechanism.NoiseKey;
import dev.sotto.mechanism.Privatized;
import dev.sotto.mechanism.ScalarMechanism;
import dev.sotto.model.Batch;
import dev.sotto.model.LanguageModel;
import dev.sotto.model.LoraAdapters;
import dev.sotto.model.PassPlan;
import dev.sotto.model.TransformerPass;
import dev.sotto.search.NoiseObjective;
import dev.sotto.search.ScalarNoise;
import java.util.List;

/**
 * How well a model predicts private records, as one number that may be published: the mean over
 * records of min(nats per token, bound), under the noise that the search finds best for it.
 *
 * <p><b>Guarantee.</b> One release of {@link ScalarNoise#event}, for one record more or less; the
 * number of records is taken to be public. The caller must count its epsilon together with whatever
 * else is released about the same records.
 *
 * @param loss the released mean, in nats per token; noise can take it below 0
 * @param noise what it was released with
 */
public record PrivateEvaluation(Privatized<Double> loss, ScalarNoise noise) {
  private static final int ROWS = 2048;

  /**
   * A record counts for a whole number of shares of the bound, so that their sum is exact: in
   * floating point one record more would also change how all later ones are rounded.
   */
  private static final double SHARES = 1L << 30;

  /** Apart from the gradient's. */
  private static final int TENSOR = 1;

  /**
   * Evaluates and releases.
   *
   * @param model the base
   * @param lora its adapter, or null
   * @param records one block each, of at most {@code maxLength} tokens; at least one
   * @param maxLength longest record in tokens
   * @param bound where the loss of one record is cut off, in nats per token; a record without
   *     targets counts as 0, and one whose loss is not a number as the bound
   * @param epsilon of the release
   * @param delta of the release
   * @return the release, under a key of its own from the operating system
   */
  public static PrivateEvaluation of(
      LanguageModel model,
      LoraAdapters lora,
      List<Block> records,
      int maxLength,
      double bound,
      double epsilon,
      double delta) {
    try (NoiseKey key = NoiseKey.fromOperatingSystem()) {
      return of(model, lora, records, maxLength, bound, epsilon, delta, key);
    }
  }

  static PrivateEvaluation of(
      LanguageModel model,
      LoraAdapters lora,
      List<Block> records,
      int maxLength,
      double bound,
      double epsilon,
      double delta,
      NoiseKey key) {
    if (records.isEmpty()) {
      throw new IllegalArgumentException(
          "a private evaluation needs at least one record, got none");
    }
    ScalarNoise noise =
        ScalarNoise.of(bound / records.size(), epsilon, delta, NoiseObjective.ABSOLUTE);
    double mean = boundedMean(model, lora, records, maxLength, bound);
    try (ScalarMechanism mechanism =
        new ScalarMechanism(model.backend(), key, TENSOR, noise.event())) {
      return new PrivateEvaluation(mechanism.release(mean, 0), noise);
    }
  }

  /**
   * The released mean.
   *
   * @return nats per token
   */
  public double natsPerToken() {
    return loss.value();
  }

  /** The exact mean: private. */
  static double boundedMean(
      LanguageModel model, LoraAdapters lora, List<Block> records, int maxLength, double bound) {
    PassPlan plan = PassPlan.evaluate(Math.max(ROWS, maxLength), maxLength);
    Batch batch = new Batch(plan.rows(), plan.sequences(), plan.units());
    long shares = 0;
    try (TransformerPass pass = new TransformerPass(model, lora, plan)) {
      int next = 0;
      while (next < records.size()) {
        int first = next;
        batch.clear();
        while (next < records.size() && batch.fits(records.get(next).ids().length, 1)) {
          Block record = records.get(next++);
          batch.add(record.ids(), record.targets(), 0f);
          batch.endUnit();
        }
        shares += boundedShares(pass.losses(batch), records.subList(first, next), bound);
      }
    }
    return shares * (bound / SHARES) / records.size();
  }

  private static long boundedShares(float[] losses, List<Block> records, double bound) {
    long shares = 0;
    int row = 0;
    for (Block record : records) {
      double nats = 0;
      for (int i = 0; i < record.ids().length; i++) {
        nats += losses[row++];
      }
      double mean = record.targetCount() == 0 ? 0 : nats / record.targetCount();
      shares += Math.round(mean >= 0 && mean < bound ? mean / bound * SHARES : SHARES);
    }
    return shares;
  }
}
