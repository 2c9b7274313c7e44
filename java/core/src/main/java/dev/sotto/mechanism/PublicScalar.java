package dev.sotto.mechanism;

/**
 * A number that is public by itself, without noise, and why. Together with {@link Privatized} it is
 * all that a controller may be given, so that what it does costs no privacy beyond what was
 * released. The training loop alone declares numbers public, which the module rules keep.
 *
 * <pre>{@code
 * PublicScalar progress = PublicScalar.of((double) step / steps, PublicScalar.Source.PROGRESS);
 * }</pre>
 */
public final class PublicScalar {
  /** Why a number is public. */
  public enum Source {
    /** It counts steps, which are fixed before training. */
    PROGRESS,
    /** It follows from the charged events, which hold no data. */
    BUDGET,
    /** It is a threshold or a noise level, chosen from public and released numbers. */
    THRESHOLD,
    /** It was computed from data declared public. */
    PUBLIC_DATA
  }

  private final double value;
  private final Source source;

  private PublicScalar(double value, Source source) {
    this.value = value;
    this.source = source;
  }

  /**
   * Declares a number public.
   *
   * @param value any number; NaN for a loss on public data that diverged
   * @param source why it is public
   * @throws IllegalArgumentException without a source
   */
  public static PublicScalar of(double value, Source source) {
    if (source == null) {
      throw new IllegalArgumentException("a public number needs its source");
    }
    return new PublicScalar(value, source);
  }

  /** The number. */
  public double value() {
    return value;
  }

  /** Why it is public. */
  public Source source() {
    return source;
  }

  @Override
  public String toString() {
    return value + " (" + source + ")";
  }
}
