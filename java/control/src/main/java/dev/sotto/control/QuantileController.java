package dev.sotto.control;

import dev.sotto.accounting.NoiseAllocation;
import java.util.Map;

/**
 * Noisy adaptive quantile clipping, one threshold a pair: C_k follows the γ-quantile, γ = ½, of the
 * units' gradient norms by
 *
 * <pre>C_k ← C_k · exp(−η (b̃_k − γ)),   b̃_k = 1 − f̃_k the noisy share of unclipped units
 * </pre>
 *
 * (Andrew, Thakkar, McMahan and Ramaswamy 2021, "Differentially private learning with adaptive
 * clipping", section 2, with their γ and η = 0.2 a round). An interval of n steps counts as n
 * rounds with the mean of their shares; since the threshold stands still meanwhile, the rate nη is
 * capped at 1, which does not overshoot while the norms of a pair spread by a factor of 1.25 or
 * more. The mean share is first brought into [0, 1], where the exact one lies.
 *
 * <p>Reads the privatised clip fractions and pays for them, as the paper does for its counts.
 */
final class QuantileController implements Controller {
  static final String NAME = "quantile";

  private static final double TARGET = 0.5;
  private static final double RATE = 0.2;

  /** Thresholds stay within this factor of the base, so that none becomes 0 or infinite. */
  private static final double FARTHEST = 0x1p20;

  private final NoiseAllocation allocation;
  private final double[] base;
  private double[] clipNorms;

  QuantileController(ControllerOptions options) {
    allocation = options.pairs().allocation();
    base = options.pairs().baseClipNorms();
    clipNorms = base.clone();
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean usesStatistics() {
    return true;
  }

  @Override
  public Decision first() {
    return Decision.of(clipNorms, allocation);
  }

  @Override
  public Decision next(Observation observation) {
    observation.requirePairs(clipNorms.length);
    observation.requireStatistics(NAME);
    double rate = Math.min(1, RATE * observation.statistics().size());
    double[] fractions = observation.meanClipFractions();
    for (int k = 0; k < clipNorms.length; k++) {
      double unclipped = 1 - Math.max(0, Math.min(1, fractions[k]));
      double moved = clipNorms[k] * Math.exp(-rate * (unclipped - TARGET));
      clipNorms[k] = Math.max(base[k] / FARTHEST, Math.min(base[k] * FARTHEST, moved));
    }
    return Decision.of(clipNorms, allocation);
  }

  @Override
  public void last(Observation observation) {}

  @Override
  public ControllerState state() {
    return new ControllerState(NAME, Map.of("clip_norms", clipNorms), null);
  }

  @Override
  public void restore(ControllerState state) {
    state.require(NAME);
    clipNorms = state.values("clip_norms", clipNorms.length);
  }

  @Override
  public void close() {}
}
