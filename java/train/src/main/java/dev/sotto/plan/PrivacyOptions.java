package dev.sotto.plan;

import dev.sotto.accounting.NoiseAllocation;
import dev.sotto.base.InputException;
import dev.sotto.clip.Clipping;

/**
 * The guarantee wanted, and the mechanism that gives it.
 *
 * @param epsilon target ε, in (0, 100]
 * @param delta target δ; 0 for the default, the smaller of 1e-5 and 1/(10N)
 * @param accountant {@code pld} or {@code rdp}
 * @param perAdapter whether each LoRA pair is clipped by itself rather than all together
 * @param clipNorm C, the L2 bound on a unit's whole gradient
 * @param allocation how noise is shared among pairs when {@code perAdapter}
 * @param noise which noise is added
 */
public record PrivacyOptions(
    double epsilon,
    double delta,
    String accountant,
    boolean perAdapter,
    double clipNorm,
    NoiseAllocation allocation,
    NoiseChoice noise) {
  /** Beyond this an ε protects nobody in practice. */
  public static final double LARGEST_EPSILON = 100;

  /** Checks the values. */
  public PrivacyOptions {
    if (!(epsilon > 0) || epsilon > LARGEST_EPSILON) {
      throw new InputException(
          "epsilon "
              + epsilon
              + " is not in (0, 100]: choose one, for example 8, or train with --no-privacy");
    }
    if (!(delta >= 0) || delta >= 1) {
      throw new InputException(
          "delta " + delta + " is not in (0, 1): choose one well below 1/N, for example 1e-5");
    }
    if (!(clipNorm > 0) || Double.isInfinite(clipNorm)) {
      throw new InputException(
          "clip norm " + clipNorm + " is not a positive number: choose one, for example 1");
    }
  }

  /** The same with Gaussian noise. */
  public PrivacyOptions(
      double epsilon,
      double delta,
      String accountant,
      boolean perAdapter,
      double clipNorm,
      NoiseAllocation allocation) {
    this(epsilon, delta, accountant, perAdapter, clipNorm, allocation, NoiseChoice.gaussian());
  }

  /** What is clipped together, for {@code pairs} LoRA pairs. */
  Clipping clipping(int pairs) {
    return perAdapter ? Clipping.perPair(clipNorm, pairs) : Clipping.flat(clipNorm);
  }

  /**
   * δ for {@code units} privacy units.
   *
   * @throws InputException if the δ asked for is not below 1/N
   */
  public double deltaFor(long units) {
    if (delta == 0) {
      return Math.min(1e-5, 0.1 / units);
    }
    if (delta * units >= 1) {
      throw new InputException(
          "delta "
              + delta
              + " is not below 1/N for N = "
              + units
              + " privacy units: a mechanism with such a delta may publish whole records; choose at most "
              + 0.1 / units);
    }
    return delta;
  }
}
