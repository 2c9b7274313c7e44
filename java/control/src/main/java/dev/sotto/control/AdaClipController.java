package dev.sotto.control;

import dev.sotto.accounting.NoiseAllocation;
import java.util.Arrays;
import java.util.Map;

/**
 * AdaCliP for pairs (Pichapati, Suresh, Yu, Reddi and Kumar 2019, "AdaCliP: adaptive clipping for
 * private SGD"). AdaCliP scales each coordinate by b_i before clipping and back after noising, with
 * b_i² ∝ m_i, the running root of its second moment, which minimises the total variance of the
 * noise. With groups of d_k coordinates and second moment m_k² = E‖g_k‖² the same argument gives
 *
 * <pre>minimise Σ_k d_k b_k²  subject to  Σ_k m_k²/b_k² ≤ 1   ⇒   b_k² ∝ m_k/√d_k
 * </pre>
 *
 * and that is the noise which {@link NoiseAllocation#MINIMUM_VARIANCE} adds to clip norms C_k ∝
 * m_k. So C_k = C·m_k/‖m‖₂, in that allocation whatever the run's.
 *
 * <p>As in the paper, m_k² is estimated from released gradients with the variance of the noise
 * taken off: m_k² ← β^n m_k² + (1 − β^n)·max(r_k² − u² n_k², 0) after n steps, β = 0.9, r_k² the
 * mean square of the released norms and n_k = √d_k·s_k the noise of the interval's clip norms at
 * multiplier 1. Its true size u is not known here; min_k r_k/n_k is a bound that is tight where
 * some pair's gradient is small beside its noise. Shares below 1/16 of the largest are raised to
 * that, the paper's bounds on m.
 *
 * <p>Reads the norms of released gradients, which are free.
 */
final class AdaClipController implements Controller {
  static final String NAME = "adaclip";

  private static final double DECAY = 0.9;
  private static final double LEAST_SHARE = 1.0 / 16;
  private static final NoiseAllocation ALLOCATION = NoiseAllocation.MINIMUM_VARIANCE;

  private final double clipNorm;
  private final int[] sizes;
  private double[] clipNorms;

  /** m_k², or null before any was seen. */
  private double[] moments;

  AdaClipController(ControllerOptions options) {
    clipNorm = options.pairs().clipNorm();
    sizes = Arrays.stream(options.pairs().sizes()).mapToInt(Math::toIntExact).toArray();
    clipNorms = options.pairs().baseClipNorms();
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean usesStatistics() {
    return false;
  }

  @Override
  public Decision first() {
    return Decision.of(clipNorms, ALLOCATION);
  }

  @Override
  public Decision next(Observation observation) {
    observation.requirePairs(clipNorms.length);
    int steps = observation.gradientNorms().size();
    if (steps > 0) {
      learn(signal(observation.gradientScales()), Math.pow(DECAY, steps));
      double largest = Arrays.stream(moments).max().getAsDouble();
      if (largest > 0) {
        double least = LEAST_SHARE * LEAST_SHARE * largest;
        clipNorms =
            Shares.ofNorm(
                Arrays.stream(moments).map(m -> Math.sqrt(Math.max(m, least))).toArray(), clipNorm);
      }
    }
    return Decision.of(clipNorms, ALLOCATION);
  }

  private void learn(double[] signal, double kept) {
    if (moments == null) {
      moments = signal;
      return;
    }
    for (int k = 0; k < moments.length; k++) {
      moments[k] = kept * moments[k] + (1 - kept) * signal[k];
    }
  }

  /** The mean square of each pair's released norms less that of its noise. */
  private double[] signal(double[] released) {
    double[] noise = ALLOCATION.stddevs(1, clipNorms, sizes);
    double unit = Double.POSITIVE_INFINITY;
    for (int k = 0; k < noise.length; k++) {
      noise[k] *= Math.sqrt(sizes[k]);
      unit = Math.min(unit, released[k] / noise[k]);
    }
    double[] signal = new double[released.length];
    for (int k = 0; k < signal.length; k++) {
      double noisy = unit * noise[k];
      signal[k] = Math.max(0, (released[k] - noisy) * (released[k] + noisy));
    }
    return signal;
  }

  @Override
  public void last(Observation observation) {}

  @Override
  public ControllerState state() {
    return new ControllerState(
        NAME,
        Map.of("clip_norms", clipNorms, "moments", moments == null ? new double[0] : moments),
        null);
  }

  @Override
  public void restore(ControllerState state) {
    state.require(NAME);
    double[] norms = state.values("clip_norms", clipNorms.length);
    moments = state.optional("moments", clipNorms.length);
    clipNorms = norms;
  }

  @Override
  public void close() {}
}
