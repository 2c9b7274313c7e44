package dev.sotto.trainer;

import dev.sotto.accounting.PoissonSampledEvent;
import dev.sotto.base.InputException;
import dev.sotto.compute.Purpose;
import dev.sotto.data.PrivacyUnit;
import dev.sotto.ledger.Ledger;
import dev.sotto.mechanism.NoiseKey;
import dev.sotto.mechanism.Privatized;
import dev.sotto.mechanism.ScalarMechanism;
import dev.sotto.model.LanguageModel;
import dev.sotto.model.LoraAdapters;
import dev.sotto.model.PassCapacity;
import dev.sotto.model.TransformerPass;
import dev.sotto.search.NoiseObjective;
import dev.sotto.search.ScalarNoise;
import dev.sotto.task.Estimate;
import java.util.List;
import org.apache.commons.math3.special.Erf;

/**
 * How well a model predicts private records, as one number that may be published: the mean over
 * privacy units of a {@link UnitMeasure}, under the noise that the search finds best for it.
 *
 * <p><b>Guarantee.</b> One release of {@link #event}, for one unit more or less; the number of
 * units is taken to be public. It is in the ledger, on disk, before its noise is drawn.
 *
 * @param mean the released mean; noise can take it below 0 and above the measure's bound
 * @param measure what was measured
 * @param units how many there were; public
 * @param noise what it was released with
 */
public record PrivateEvaluation(
    Privatized<Double> mean, UnitMeasure measure, int units, ScalarNoise noise) {
  private static final int ROWS = 2048;

  /**
   * A unit counts for a whole number of shares of the bound, so that their sum is exact: in
   * floating point one unit more would also change how all later ones are rounded.
   */
  private static final double SHARES = 1L << 30;

  /** Chance that noise, or units, leave their part of the interval. */
  private static final double TAIL = 0.025;

  /** Apart from the gradient's. */
  private static final int TENSOR = 1;

  /**
   * The noise for a mean.
   *
   * @param units how many; public, at least 1
   * @param bound what one unit counts for at most
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
   * @param units at least one; one that does not count for a number counts for the bound
   * @param measure what each counts for
   * @param noise from {@link #noise}, for as many units and the measure's bound
   * @param ledger promises {@link #event}, and has charged nothing yet
   * @return the release, under a key of its own from the operating system
   * @throws IllegalArgumentException if the model's backend was opened for public data
   */
  public static PrivateEvaluation of(
      LanguageModel model,
      LoraAdapters lora,
      List<PrivacyUnit> units,
      UnitMeasure measure,
      ScalarNoise noise,
      Ledger ledger) {
    try (NoiseKey key = NoiseKey.fromOperatingSystem()) {
      return of(model, lora, units, measure, noise, ledger, key);
    }
  }

  static PrivateEvaluation of(
      LanguageModel model,
      LoraAdapters lora,
      List<PrivacyUnit> units,
      UnitMeasure measure,
      ScalarNoise noise,
      Ledger ledger,
      NoiseKey key) {
    Purpose.requirePrivate(model.backend());
    double exact = boundedMean(model, lora, units, measure);
    try (ScalarMechanism mechanism =
        new ScalarMechanism(model.backend(), key, TENSOR, noise.event())) {
      ledger.reserve(1, event(noise));
      Privatized<Double> mean = mechanism.release(exact, 0);
      ledger.commit(1);
      return new PrivateEvaluation(mean, measure, units.size(), noise);
    }
  }

  /**
   * The released mean with a 95% interval for endlessly many units alike, the noise included: with
   * 97.5% the exact mean is within the noise's quantile t of the released one, and with 97.5%
   * Wilson's interval (1927) about either holds what it estimates. Wilson's variance p(1 - p) of
   * right and wrong answers is the largest of any units' numbers between 0 and the bound with mean
   * p. Computed from what is published alone.
   *
   * @return the mean as it was released, and an interval between 0 and the bound
   */
  public Estimate estimate() {
    double within = noise.candidate().within(1 - TAIL);
    return estimate(mean.value(), within, measure.bound(), units);
  }

  /** The interval, where noise stays within a distance with all but its part of the chance. */
  static Estimate estimate(double value, double within, double bound, int units) {
    return new Estimate(
        value,
        bound * wilson(share((value - within) / bound), units, -1),
        bound * wilson(share((value + within) / bound), units, 1));
  }

  private static double share(double value) {
    return Math.max(0, Math.min(1, value));
  }

  /** The lower (-1) or upper (1) end of Wilson's interval about a share of the units. */
  private static double wilson(double share, int units, int side) {
    double z = Math.sqrt(2) * Erf.erfInv(1 - TAIL);
    double square = z * z / units;
    double half = z * Math.sqrt(share * (1 - share) / units + square / 4 / units);
    return share((share + square / 2 + side * half) / (1 + square));
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
      LanguageModel model, LoraAdapters lora, List<PrivacyUnit> units, UnitMeasure measure) {
    double[] each;
    try (TransformerPass pass = new TransformerPass(model, lora, capacity(measure.maxLength()))) {
      each = measure.ofUnits(pass, units);
    }
    double bound = measure.bound();
    long shares = 0;
    for (double unit : each) {
      shares += Math.round(unit >= 0 && unit < bound ? unit / bound * SHARES : SHARES);
    }
    return shares * (bound / SHARES) / each.length;
  }
}
