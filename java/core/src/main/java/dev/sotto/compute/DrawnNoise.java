package dev.sotto.compute;

import dev.sotto.noise.NoiseLaw;

/**
 * A law the noise kernel draws from, at scale 1; {@link PrivateKernels#addNoise} multiplies it by
 * its scale. Each kind of law has its own key stream, so draws of two kinds at one address are
 * independent.
 */
public final class DrawnNoise {
  /** Standard normal: the scale is the standard deviation. */
  public static final DrawnNoise GAUSSIAN = new DrawnNoise(NoiseLaw.Kind.GAUSSIAN, null, 0);

  /** Density exp(−|z|)/2: the scale is E|noise|, the standard deviation √2 times that. */
  public static final DrawnNoise LAPLACE = new DrawnNoise(NoiseLaw.Kind.LAPLACE, null, 0);

  private static final int COEFFICIENTS = 8;

  private final NoiseLaw.Kind kind;
  private final DeviceBuffer quantiles;
  private final double largest;

  private DrawnNoise(NoiseLaw.Kind kind, DeviceBuffer quantiles, double largest) {
    this.kind = kind;
    this.quantiles = quantiles;
    this.largest = largest;
  }

  /**
   * A symmetric law given by its quantile function Q, P(|Z| &gt; Q(w)) = e^(−w): Laplace noise of
   * random scale, tabulated by {@code dev.sotto.noise.QuantileTable}.
   *
   * @param quantiles F64 [segments, 8], on the backend that draws and alive as long as it does: row
   *     i holds the coefficients, lowest power first, of a polynomial in x = r·w − i, |x| ≤ 1/2,
   *     with r = (segments − 1) / (64 ln 2); 2 to 2²⁰ rows
   * @param largest Q(64 ln 2), the largest |Z|; it decides whether the tail fits the grid
   * @throws IllegalArgumentException if the buffer does not hold whole rows
   */
  public static DrawnNoise lmo(DeviceBuffer quantiles, double largest) {
    if (quantiles.length() == 0 || quantiles.length() % COEFFICIENTS != 0) {
      throw new IllegalArgumentException(
          "a quantile table has " + COEFFICIENTS + " numbers a row, not " + quantiles.length());
    }
    return new DrawnNoise(NoiseLaw.Kind.LMO, quantiles, largest);
  }

  /** Which kind of law this is. */
  public NoiseLaw.Kind kind() {
    return kind;
  }

  /** The table of an {@link NoiseLaw.Kind#LMO} law; null for the others. */
  public DeviceBuffer quantiles() {
    return quantiles;
  }

  /** Rows of {@link #quantiles}; 0 where there is no table. */
  public long segments() {
    return quantiles == null ? 0 : quantiles.length() / COEFFICIENTS;
  }

  /** The largest |Z| of the table; 0 where there is none. */
  public double largest() {
    return largest;
  }
}
