package dev.sotto.trainer;

import dev.sotto.accounting.PoissonSampledEvent;
import dev.sotto.base.InputException;
import dev.sotto.compute.Purpose;
import dev.sotto.data.Block;
import dev.sotto.data.PrivacyUnit;
import dev.sotto.ledger.Ledger;
import dev.sotto.mechanism.NoiseKey;
import dev.sotto.mechanism.Privatized;
import dev.sotto.mechanism.ScalarMechanism;
import dev.sotto.model.Batch;
import dev.sotto.model.LanguageModel;
import dev.sotto.model.LoraAdapters;
import dev.sotto.model.PassCapacity;
import dev.sotto.model.TransformerPass;
import dev.sotto.search.NoiseObjective;
import dev.sotto.search.ScalarNoise;
import java.util.Arrays;
import java.util.List;

/**
 * How well a model predicts private records, as one number that may be published: the mean over
 * privacy units of min(nats per token of the unit, bound), under the noise that the search finds
 * best for it.
 *
 * <p><b>Guarantee.</b> One release of {@link #event}, for one unit more or less; the number of
 * units is taken to be public. It is in the ledger, on disk, before its noise is drawn.
 *
 * @param loss the released mean, in nats per token; noise can take it below 0
 * @param noise what it was released with
 */
public record PrivateEvaluation(Privatized<Double> loss, ScalarNoise noise) {
  private static final int ROWS = 2048;

  /**
   * A unit counts for a whole number of shares of the bound, so that their sum is exact: in
   * floating point one unit more would also change how all later ones are rounded.
   */
  private static final double SHARES = 1L << 30;

  /** Apart from the gradient's. */
  private static final int TENSOR = 1;

  /**
   * The noise for a mean.
   *
   * @param units how many; public, at least 1
   * @param bound where the loss of one unit is cut off, in nats per token
   * @param epsilon of the release
   * @param delta of the release
   * @return the best that the search finds
   */
  public static ScalarNoise noise(int units, double bound, double epsilon, double delta) {
    if (units < 1) {
      throw new InputException("a private evaluation needs at least one record, got none");
    }
    return InputException.ifRefused(
        () -> ScalarNoise.of(bound / units, epsilon, delta, NoiseObjective.ABSOLUTE));
  }

  /**
   * What a ledger charges: every unit takes part.
   *
   * @param noise of the release
   * @return the event
   */
  public static PoissonSampledEvent event(ScalarNoise noise) {
    return new PoissonSampledEvent(1, noise.event());
  }

  /**
   * Evaluates, charges and releases.
   *
   * @param model the base
   * @param lora its adapter, or null
   * @param units their blocks are of at most {@code maxLength} tokens; at least one
   * @param maxLength longest record in tokens
   * @param bound where the loss of one unit is cut off, in nats per token; a unit without targets
   *     counts as 0, and one whose loss is not a number as the bound
   * @param noise from {@link #noise}, for as many units and this bound
   * @param ledger promises {@link #event}, and has charged nothing yet
   * @return the release, under a key of its own from the operating system
   * @throws IllegalArgumentException if the model's backend was opened for public data
   */
  public static PrivateEvaluation of(
      LanguageModel model,
      LoraAdapters lora,
      List<PrivacyUnit> units,
      int maxLength,
      double bound,
      ScalarNoise noise,
      Ledger ledger) {
    try (NoiseKey key = NoiseKey.fromOperatingSystem()) {
      return of(model, lora, units, maxLength, bound, noise, ledger, key);
    }
  }

  static PrivateEvaluation of(
      LanguageModel model,
      LoraAdapters lora,
      List<PrivacyUnit> units,
      int maxLength,
      double bound,
      ScalarNoise noise,
      Ledger ledger,
      NoiseKey key) {
    Purpose.requirePrivate(model.backend());
    double mean = boundedMean(model, lora, units, maxLength, bound);
    try (ScalarMechanism mechanism =
        new ScalarMechanism(model.backend(), key, TENSOR, noise.event())) {
      ledger.reserve(1, event(noise));
      Privatized<Double> loss = mechanism.release(mean, 0);
      ledger.commit(1);
      return new PrivateEvaluation(loss, noise);
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

  /**
   * Tries the pass that {@link #of} makes, without data: memory that is short, or a BLAS that is
   * refused, shows before anything is written or charged.
   */
  public static void rehearse(LanguageModel model, LoraAdapters lora, int maxLength) {
    new TransformerPass(model, lora, capacity(maxLength)).close();
  }

  private static PassCapacity capacity(int maxLength) {
    return PassCapacity.evaluate(Math.max(ROWS, maxLength), maxLength);
  }

  /** The exact mean: private. */
  static double boundedMean(
      LanguageModel model,
      LoraAdapters lora,
      List<PrivacyUnit> units,
      int maxLength,
      double bound) {
    PassCapacity capacity = capacity(maxLength);
    Batch batch = new Batch(capacity.rows(), capacity.sequences(), capacity.units());
    double[] nats = new double[units.size()];
    int[] owners = new int[capacity.rows()];
    try (TransformerPass pass = new TransformerPass(model, lora, capacity)) {
      for (int u = 0; u < nats.length; u++) {
        for (Block block : units.get(u).blocks()) {
          if (!batch.fits(block.ids().length, 1)) {
            addLosses(pass, batch, owners, nats);
          }
          Arrays.fill(owners, batch.rows(), batch.rows() + block.ids().length, u);
          batch.add(block, 0f);
          batch.endUnit();
        }
      }
      addLosses(pass, batch, owners, nats);
    }
    long shares = 0;
    for (int u = 0; u < nats.length; u++) {
      int targets = units.get(u).targetCount();
      double mean = targets == 0 ? 0 : nats[u] / targets;
      shares += Math.round(mean >= 0 && mean < bound ? mean / bound * SHARES : SHARES);
    }
    return shares * (bound / SHARES) / nats.length;
  }

  /** Each unit's losses in the order of its own rows, whoever else is in the batch. */
  private static void addLosses(TransformerPass pass, Batch batch, int[] owners, double[] nats) {
    if (batch.rows() > 0) {
      float[] losses = pass.losses(batch);
      for (int row = 0; row < batch.rows(); row++) {
        nats[owners[row]] += losses[row];
      }
    }
    batch.clear();
  }
}
