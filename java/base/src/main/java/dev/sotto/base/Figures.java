package dev.sotto.base;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;

/** Numbers as people read them, in one manner everywhere. */
public final class Figures {
  private Figures() {}

  /** Four digits, rounded up: for bounds, which must not look better than they are. */
  public static String bound(double value) {
    return Double.isFinite(value) ? digits(value, RoundingMode.CEILING) : "infinity";
  }

  /** Three digits behind the point where that is enough, rounded up: for columns of bounds. */
  public static String fixedBound(double value) {
    return Double.isFinite(value) && value >= 0.1
        ? new BigDecimal(value).setScale(3, RoundingMode.CEILING).toPlainString()
        : bound(value);
  }

  /** Four digits, rounded down: for the lower end of a bracket. */
  public static String lowerBound(double value) {
    return digits(value, RoundingMode.FLOOR);
  }

  /** Seven digits, rounded up: for the noise of a run, which people take to another command. */
  public static String noiseMultiplier(double value) {
    return Double.isFinite(value)
        ? new BigDecimal(value)
            .round(new MathContext(7, RoundingMode.CEILING))
            .stripTrailingZeros()
            .toPlainString()
        : "infinity";
  }

  /** Four digits. */
  public static String number(double value) {
    return Double.isFinite(value) ? digits(value, RoundingMode.HALF_EVEN) : String.valueOf(value);
  }

  /**
   * A δ: as {@link #bound}, but one below 1 is never shown as 1, which would be no statement at
   * all.
   */
  public static String delta(double value) {
    String rounded = bound(value);
    return value < 1 && rounded.equals("1") ? String.valueOf(value) : rounded;
  }

  /** How many there are of something: {@code 1 step}, {@code 1,000 steps}. */
  public static String count(double value, String one, String many) {
    String count = count(value);
    return count + " " + (count.equals("1") ? one : many);
  }

  /** The same where {@code s} makes it many. */
  public static String count(double value, String one) {
    return count(value, one, one + "s");
  }

  /** Of the decimal that a person would write for the value: 0.01 is not more than 0.01. */
  private static String digits(double value, RoundingMode rounding) {
    BigDecimal rounded = BigDecimal.valueOf(value).round(new MathContext(4, rounding));
    double shown = Math.abs(rounded.doubleValue());
    if (shown != 0 && shown < 1e-3) {
      return String.format(Locale.ROOT, "%.3e", rounded).replaceFirst("\\.?0*e([+-])0?", "e$1");
    }
    return shown >= 1e4
        ? String.format(Locale.ROOT, "%,.0f", rounded)
        : rounded.stripTrailingZeros().toPlainString();
  }

  /** A count with thousands marked. */
  public static String count(double value) {
    return String.format(Locale.ROOT, "%,d", Math.round(value));
  }

  /** A time in minutes and seconds. */
  public static String seconds(double value) {
    long whole = Math.round(value);
    return whole < 60 ? whole + " s" : whole / 60 + " min " + whole % 60 + " s";
  }
}
