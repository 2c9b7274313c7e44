package dev.sotto.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.regex.Pattern;

/** Python's int() and float() of texts and numbers. */
final class Conversions {
  private static final Pattern INT = Pattern.compile("[-+]?[0-9]+(_[0-9]+)*");
  private static final Pattern FLOAT =
      Pattern.compile(
          "[-+]?([0-9]+(_[0-9]+)*\\.?([0-9]+(_[0-9]+)*)?|\\.[0-9]+(_[0-9]+)*)"
              + "([eE][-+]?[0-9]+(_[0-9]+)*)?");
  private static final Pattern WORD = Pattern.compile("(?i)([-+]?)(inf|infinity|nan)");
  private static final int MOST_DIGITS = 4300;

  private Conversions() {}

  /** The float, or null where Python raises ValueError, TypeError or OverflowError. */
  static Double toFloat(Object value) {
    if (value instanceof Double number) {
      return number;
    }
    BigInteger whole = Types.intOf(value);
    if (whole != null) {
      double number = whole.doubleValue();
      return Double.isInfinite(number) ? null : number;
    }
    if (!(value instanceof String text)) {
      return null;
    }
    String stripped = Text.strip(text, null, true, true);
    if (FLOAT.matcher(stripped).matches()) {
      return Double.valueOf(stripped.replace("_", ""));
    }
    var word = WORD.matcher(stripped);
    if (!word.matches()) {
      return null;
    }
    double sign = word.group(1).equals("-") ? -1 : 1;
    return word.group(2).equalsIgnoreCase("nan") ? Double.NaN : sign * Double.POSITIVE_INFINITY;
  }

  /** The int of a text of digits to a base, or of a number cut to it; null where there is none. */
  static BigInteger toInt(Object value, int base) {
    if (value instanceof Double number) {
      return Double.isFinite(number) ? truncated(number) : null;
    }
    BigInteger whole = Types.intOf(value);
    if (whole != null || !(value instanceof String text)) {
      return whole;
    }
    String stripped = Text.strip(text, null, true, true);
    if (stripped.length() > MOST_DIGITS) {
      return null;
    }
    if (base == 10) {
      return INT.matcher(stripped).matches() ? new BigInteger(stripped.replace("_", "")) : null;
    }
    throw EvaluationFailure.unsupported("an int to the base " + base);
  }

  static BigInteger truncated(double value) {
    if (!Double.isFinite(value)) {
      throw EvaluationFailure.of("cannot convert float " + Printing.number(value) + " to integer");
    }
    return new BigDecimal(value).toBigInteger();
  }
}
