package dev.sotto.mechanism;

import dev.sotto.accounting.PrivacyFilter;
import dev.sotto.clip.Clipping;
import java.util.Arrays;
import java.util.List;

/**
 * A number that is public by itself, without noise, and why. Together with {@link Privatized} it is
 * all that a controller may be given, so that what it does costs no privacy beyond what was
 * released. It is made from what is public; only {@link #ofPublicData} takes a number's word for
 * it, and that the training loop alone may say, which the module rules keep.
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

  /** The share of a run that is over, in [0, 1]. */
  public static PublicScalar progress(long step, long steps) {
    return new PublicScalar((double) step / steps, Source.PROGRESS);
  }

  /** The share of the budget that is left where every step costs the same. */
  public static PublicScalar budgetLeft(long step, long steps) {
    return new PublicScalar(1 - (double) step / steps, Source.BUDGET);
  }

  /** The share of the budget that a filter has left. */
  public static PublicScalar budgetLeft(PrivacyFilter filter) {
    return new PublicScalar(1 - filter.usedFraction(), Source.BUDGET);
  }

  /** The clip norms in force: whoever chose them saw public and released values alone. */
  public static List<PublicScalar> thresholds(Clipping clipping) {
    return Arrays.stream(clipping.clipNorms())
        .mapToObj(norm -> new PublicScalar(norm, Source.THRESHOLD))
        .toList();
  }

  /**
   * Declares a number to be computed from data declared public.
   *
   * @param value any number; NaN for a loss that diverged
   */
  public static PublicScalar ofPublicData(double value) {
    return new PublicScalar(value, Source.PUBLIC_DATA);
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
