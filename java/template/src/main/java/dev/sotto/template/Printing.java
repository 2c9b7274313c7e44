package dev.sotto.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/** Python's str() and repr(). */
final class Printing {
  /** Python's sys.int_info: ints of more digits are not printed. */
  private static final int MOST_DIGITS = 4300;

  private static final int SHORTEST_ALWAYS_FITS = 17;

  private Printing() {}

  static String str(Object value) {
    if (value instanceof String text) {
      return text;
    } else if (value instanceof Undefined) {
      return "";
    } else if (value instanceof Types.Markup markup) {
      return markup.text();
    }
    return repr(value);
  }

  /**
   * @throws EvaluationFailure where Python prints an address, or for an int of too many digits
   */
  static String repr(Object value) {
    if (value instanceof String text) {
      return quoted(text);
    } else if (value instanceof Boolean bool) {
      return bool ? "True" : "False";
    } else if (value == None.NONE) {
      return "None";
    } else if (value instanceof BigInteger number) {
      return digits(number);
    } else if (value instanceof Double number) {
      return number(number);
    } else if (value instanceof Sequence.ListValue list) {
      return joined("[", list.items(), "]");
    } else if (value instanceof Sequence.TupleValue tuple) {
      return joined("(", tuple.items(), tuple.items().size() == 1 ? ",)" : ")");
    } else if (value instanceof Types.Group group) {
      return repr(group.tuple());
    } else if (value instanceof DictValue dict) {
      return dict(dict);
    } else if (value instanceof Types.Range range) {
      return range(range);
    } else if (value instanceof Types.DictView view) {
      return view.name() + "(" + joined("[", view.items(), "]") + ")";
    } else if (value instanceof Undefined) {
      return "Undefined";
    } else if (value instanceof Types.Namespace namespace) {
      return namespace(namespace);
    }
    throw EvaluationFailure.unsupported("printing a " + Types.nameOf(value));
  }

  private static String digits(BigInteger number) {
    String digits = number.toString();
    if (digits.length() > MOST_DIGITS) {
      throw EvaluationFailure.of("the int has more than " + MOST_DIGITS + " digits");
    }
    return digits;
  }

  private static String joined(String before, List<Object> items, String after) {
    StringJoiner joiner = new StringJoiner(", ", before, after);
    items.forEach(item -> joiner.add(repr(item)));
    return joiner.toString();
  }

  private static String dict(DictValue dict) {
    StringJoiner joiner = new StringJoiner(", ", "{", "}");
    for (Map.Entry<Object, Object> entry : dict.entries()) {
      joiner.add(repr(entry.getKey()) + ": " + repr(entry.getValue()));
    }
    return joiner.toString();
  }

  private static String range(Types.Range range) {
    String ends = "range(" + range.start() + ", " + range.stop();
    return range.step() == 1 ? ends + ")" : ends + ", " + range.step() + ")";
  }

  private static String namespace(Types.Namespace namespace) {
    DictValue values = new DictValue();
    namespace.values().forEach(values::put);
    return "<Namespace " + dict(values) + ">";
  }

  /** In the quotes that need no escape, single ones where either does. */
  private static String quoted(String text) {
    char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
    StringBuilder out = new StringBuilder(text.length() + 2).append(quote);
    text.codePoints()
        .forEach(
            point -> {
              switch (point) {
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\\' -> out.append("\\\\");
                default -> {
                  if (point == quote) {
                    out.append('\\').append(quote);
                  } else if (Text.isPrintable(point)) {
                    out.appendCodePoint(point);
                  } else {
                    out.append(Text.escape(point));
                  }
                }
              }
            });
    return out.append(quote).toString();
  }

  /** The shortest decimal number that is read as the same float, in Python's layout. */
  static String number(double value) {
    if (Double.isNaN(value)) {
      return "nan";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "inf" : "-inf";
    }
    String sign = value < 0 || 1 / value < 0 ? "-" : "";
    if (value == 0) {
      return sign + "0.0";
    }
    BigDecimal shortest = shortest(Math.abs(value)).stripTrailingZeros();
    String digits = shortest.unscaledValue().toString();
    int exponent = shortest.precision() - shortest.scale() - 1;
    if (exponent >= -4 && exponent < 16) {
      String plain = shortest.toPlainString();
      return sign + (plain.contains(".") ? plain : plain + ".0");
    }
    String mantissa = digits.length() == 1 ? digits : digits.charAt(0) + "." + digits.substring(1);
    return sign
        + mantissa
        + "e"
        + (exponent < 0 ? "-" : "+")
        + (Math.abs(exponent) < 10 ? "0" : "")
        + Math.abs(exponent);
  }

  private static BigDecimal shortest(double value) {
    BigDecimal exact = new BigDecimal(value);
    for (int precision = 1; precision < SHORTEST_ALWAYS_FITS; precision++) {
      BigDecimal down = exact.round(new MathContext(precision, RoundingMode.DOWN));
      BigDecimal up = exact.round(new MathContext(precision, RoundingMode.UP));
      boolean upIsNearer = up.subtract(exact).compareTo(exact.subtract(down)) < 0;
      BigDecimal nearer = upIsNearer ? up : down;
      BigDecimal farther = upIsNearer ? down : up;
      if (nearer.doubleValue() == value) {
        return nearer;
      }
      if (farther.doubleValue() == value) {
        return farther;
      }
    }
    return exact.round(new MathContext(SHORTEST_ALWAYS_FITS, RoundingMode.HALF_EVEN));
  }
}
