package dev.sotto.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a value is laid out: Python's format specification, which {@code %} formats are turned into.
 *
 * @param padding to a width
 * @param sign {@code + -} or a space
 * @param alternate with a prefix
 * @param grouping {@code , _}, or 0 for none
 * @param precision or -1
 * @param type or 0 for the value's own
 */
record FormatSpec(
    Padding padding, char sign, boolean alternate, char grouping, int precision, char type) {

  /**
   * @param fill one character
   * @param align {@code < > ^ =}, or 0 for the type's own
   * @param width at least; 0 for none
   */
  record Padding(String fill, char align, int width) {
    String apply(String text, char side, Limits limits) {
      int missing = Math.max(0, width - Text.length(text));
      limits.requireCharacters((long) text.length() + missing);
      int left = side == '<' ? 0 : side == '^' ? missing / 2 : missing;
      return fill.repeat(left) + text + fill.repeat(missing - left);
    }
  }

  private static final Pattern SYNTAX =
      Pattern.compile(
          "(?:(.)?([<>=^]))?([-+ ])?(#)?(0)?(\\d{1,6})?([,_])?(?:\\.(\\d{1,4}))?([a-zA-Z%])?",
          Pattern.DOTALL);

  static FormatSpec parse(String spec) {
    Matcher parts = SYNTAX.matcher(spec);
    if (!parts.matches()) {
      throw EvaluationFailure.of("Invalid format specifier");
    }
    boolean zeros = parts.group(5) != null && parts.group(2) == null;
    return new FormatSpec(
        new Padding(
            parts.group(1) != null ? parts.group(1) : parts.group(5) != null ? "0" : " ",
            zeros ? '=' : charOf(parts.group(2)),
            parts.group(6) == null ? 0 : Integer.parseInt(parts.group(6))),
        parts.group(3) == null ? '-' : charOf(parts.group(3)),
        parts.group(4) != null,
        charOf(parts.group(7)),
        parts.group(8) == null ? -1 : Integer.parseInt(parts.group(8)),
        charOf(parts.group(9)));
  }

  private static char charOf(String text) {
    return text == null ? 0 : text.charAt(0);
  }

  /** Python's format(value, spec). */
  String format(Object value, Limits limits) {
    if (value instanceof String text) {
      return ofText(text, limits);
    } else if (value instanceof Double || value instanceof BigInteger && isFloatType()) {
      return number(floating(Arithmetic.asDouble(value)), value, limits);
    } else if (value instanceof BigInteger || value instanceof Boolean && type != 0) {
      return isFloatType()
          ? number(floating(Arithmetic.asDouble(value)), value, limits)
          : number(whole(Types.intOf(value)), value, limits);
    } else if (equals(parse(""))) {
      return Printing.str(value);
    } else if (value instanceof Boolean) {
      return number(whole(Types.intOf(value)), value, limits);
    }
    throw EvaluationFailure.of("unsupported format string passed to " + Types.nameOf(value));
  }

  private char align(char own) {
    return padding.align() == 0 ? own : padding.align();
  }

  private boolean isFloatType() {
    return type != 0 && "eEfFgG%".indexOf(type) >= 0;
  }

  /** Text in its width: {@code s}. */
  String ofText(String text, Limits limits) {
    if (type != 0 && type != 's' || padding.align() == '=' || sign != '-' || grouping != 0) {
      throw EvaluationFailure.of("the format is not for a str");
    }
    String cut =
        precision >= 0 && precision < Text.length(text) ? Text.between(text, 0, precision) : text;
    return padding.apply(cut, align('<'), limits);
  }

  /** A number whose sign is its first character where it is negative. */
  private String number(String digits, Object value, Limits limits) {
    boolean negative = digits.startsWith("-");
    String sign = negative ? "-" : this.sign == '-' ? "" : String.valueOf(this.sign);
    String body = negative ? digits.substring(1) : digits;
    String prefix = "";
    if (alternate && value instanceof BigInteger && "xXob".indexOf(type) >= 0 && type != 0) {
      prefix = "0" + type;
    }
    if (padding.align() == '=') {
      int width = padding.width() - sign.length() - prefix.length();
      if (width > body.length() && grouping != 0) {
        throw EvaluationFailure.unsupported("zeros before grouped digits");
      }
      return sign + prefix + new Padding(padding.fill(), '=', width).apply(body, '>', limits);
    }
    return padding.apply(sign + prefix + body, align('>'), limits);
  }

  private String whole(BigInteger number) {
    if (precision >= 0) {
      throw EvaluationFailure.of("Precision not allowed in integer format specifier");
    }
    return switch (type) {
      case 0, 'd', 'n' -> grouped(Printing.repr(number), 3);
      case 'x' -> grouped(number.toString(16), 4);
      case 'X' -> grouped(number.toString(16).toUpperCase(Locale.ROOT), 4);
      case 'o' -> grouped(number.toString(8), 4);
      case 'b' -> grouped(number.toString(2), 4);
      case 'c' -> Character.toString(number.intValueExact());
      default -> throw unknownType("int");
    };
  }

  private EvaluationFailure unknownType(String of) {
    return EvaluationFailure.of(
        "Unknown format code '" + type + "' for object of type '" + of + "'");
  }

  private String grouped(String digits, int every) {
    if (grouping == 0) {
      return digits;
    }
    int start = digits.startsWith("-") ? 1 : 0;
    int end = start;
    while (end < digits.length() && Character.isLetterOrDigit(digits.charAt(end))) {
      end++;
    }
    StringBuilder out = new StringBuilder(digits);
    for (int i = end - every; i > start; i -= every) {
      out.insert(i, grouping);
    }
    return out.toString();
  }

  private String floating(double number) {
    if (type == 0 && precision < 0) {
      return grouped(Printing.number(number), 3);
    }
    if (!Double.isFinite(number)) {
      String word = Printing.number(number) + (type == '%' ? "%" : "");
      return Character.isUpperCase(type) ? word.toUpperCase(Locale.ROOT) : word;
    }
    int digits = precision < 0 ? 6 : precision;
    String sign = number < 0 || 1 / number < 0 ? "-" : "";
    BigDecimal exact = new BigDecimal(Math.abs(number));
    String text =
        switch (type) {
          case 'f', 'F' -> fixed(exact, digits);
          case '%' -> fixed(exact.movePointRight(2), digits) + "%";
          case 'e', 'E' -> scientific(exact, digits);
          case 'g', 'G', 0, 'n' -> general(exact, Math.max(1, digits));
          default -> throw unknownType("float");
        };
    String cased = type == 'E' || type == 'G' ? text.toUpperCase(Locale.ROOT) : text;
    return grouped(sign + cased, 3);
  }

  private static String fixed(BigDecimal exact, int digits) {
    return exact.setScale(digits, RoundingMode.HALF_EVEN).toPlainString();
  }

  private static String scientific(BigDecimal exact, int digits) {
    BigDecimal rounded = exact.round(new MathContext(digits + 1, RoundingMode.HALF_EVEN));
    int exponent = exact.signum() == 0 ? 0 : rounded.precision() - rounded.scale() - 1;
    String mantissa =
        rounded.movePointLeft(exponent).setScale(digits, RoundingMode.UNNECESSARY).toPlainString();
    return mantissa
        + "e"
        + (exponent < 0 ? "-" : "+")
        + (Math.abs(exponent) < 10 ? "0" : "")
        + Math.abs(exponent);
  }

  /** Digits that mean something, without zeros at the end; of no type, a point stays. */
  private String general(BigDecimal exact, int digits) {
    BigDecimal rounded = exact.round(new MathContext(digits, RoundingMode.HALF_EVEN));
    int exponent = exact.signum() == 0 ? 0 : rounded.precision() - rounded.scale() - 1;
    // Without a type, the number keeps one digit behind the point where that fits.
    boolean plain = exponent >= -4 && exponent < (type == 0 ? Math.max(digits, 1) : digits);
    if (!plain || type == 0 && exponent == digits) {
      BigDecimal stripped = rounded.stripTrailingZeros();
      return scientific(exact, alternate ? digits - 1 : Math.max(0, stripped.precision() - 1));
    }
    if (alternate) {
      return rounded
          .setScale(Math.max(0, digits - 1 - exponent), RoundingMode.UNNECESSARY)
          .toPlainString();
    }
    String text = exact.signum() == 0 ? "0" : rounded.stripTrailingZeros().toPlainString();
    return type == 0 && !text.contains(".") ? text + ".0" : text;
  }
}
