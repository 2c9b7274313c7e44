package dev.sotto.template;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Python's {@code format % values}. */
final class PercentFormat {
  private static final Pattern PLACE =
      Pattern.compile(
          "%(?:\\(([^()]*)\\))?([-+ #0]*)(\\d{1,6}|\\*)?(?:\\.(\\d{0,4}|\\*))?[hlL]?(.)?",
          Pattern.DOTALL);

  private final Object given;
  private final List<Object> values;
  private final Limits limits;
  private int next;

  private PercentFormat(Object given, Limits limits) {
    this.given = given;
    this.values =
        given instanceof Sequence.TupleValue tuple
            ? tuple.items()
            : given instanceof Types.Group group ? group.tuple().items() : List.of(given);
    this.limits = limits;
  }

  static String format(String format, Object given, Limits limits) {
    PercentFormat state = new PercentFormat(given, limits);
    Matcher place = PLACE.matcher(format);
    StringBuilder out = new StringBuilder();
    int start = 0;
    boolean named = false;
    while (place.find(start)) {
      out.append(format, start, place.start());
      named |= place.group(1) != null;
      out.append(state.one(place));
      start = place.end();
    }
    // What could be asked for by name is not missed when it is not used.
    boolean mapping = given instanceof DictValue || given instanceof Sequence.ListValue;
    if (!named && !mapping && state.next < state.values.size()) {
      throw EvaluationFailure.of("not all arguments converted during string formatting");
    }
    return out.append(format.substring(start)).toString();
  }

  private Object value(Matcher place) {
    if (place.group(1) == null) {
      if (next >= values.size()) {
        throw EvaluationFailure.of("not enough arguments for format string");
      }
      return values.get(next++);
    }
    if (!(given instanceof DictValue dict)) {
      throw EvaluationFailure.of("format requires a mapping");
    }
    Object value = dict.get(place.group(1));
    if (value == null) {
      throw EvaluationFailure.of("the mapping has no key " + Printing.repr(place.group(1)));
    }
    return value;
  }

  private String one(Matcher place) {
    if (place.group(5) == null) {
      throw EvaluationFailure.of("incomplete format");
    }
    char type = place.group(5).charAt(0);
    if (type == '%') {
      return "%";
    }
    if ("*".equals(place.group(3)) || "*".equals(place.group(4))) {
      throw EvaluationFailure.unsupported("a width of '*'");
    }
    String flags = place.group(2);
    int width = place.group(3) == null ? 0 : Integer.parseInt(place.group(3));
    int precision =
        place.group(4) == null
            ? -1
            : place.group(4).isEmpty() ? 0 : Integer.parseInt(place.group(4));
    boolean left = flags.contains("-");
    char sign = flags.contains("+") ? '+' : flags.contains(" ") ? ' ' : '-';
    Object value = value(place);
    if ("srac".indexOf(type) >= 0) {
      String text = text(type, value);
      FormatSpec.Padding padding = new FormatSpec.Padding(" ", left ? '<' : '>', width);
      return new FormatSpec(padding, '-', false, (char) 0, precision, 's').ofText(text, limits);
    }
    boolean zeros = flags.contains("0") && !left;
    FormatSpec.Padding padding =
        new FormatSpec.Padding(zeros ? "0" : " ", left ? '<' : zeros ? '=' : '>', width);
    return new FormatSpec(
            padding,
            sign,
            flags.contains("#"),
            (char) 0,
            isWhole(type) ? -1 : precision,
            type == 'i' || type == 'u' ? 'd' : type)
        .format(number(type, value, precision), limits);
  }

  private static boolean isWhole(char type) {
    return "diuxXo".indexOf(type) >= 0;
  }

  private static String text(char type, Object value) {
    return switch (type) {
      case 's' -> Printing.str(value);
      case 'r' -> Printing.repr(value);
      case 'c' ->
          value instanceof String text && Text.length(text) == 1
              ? text
              : Character.toString(Types.clampedInt(value));
      default -> {
        StringBuilder ascii = new StringBuilder();
        Printing.repr(value)
            .codePoints()
            .forEach(
                point ->
                    ascii.append(point < 0x80 ? Character.toString(point) : Text.escape(point)));
        yield ascii.toString();
      }
    };
  }

  private static Object number(char type, Object value, int precision) {
    if (!Types.isNumber(value)) {
      if (value instanceof Undefined missing) {
        throw missing.failure();
      }
      throw EvaluationFailure.of(
          "%" + type + " format: a real number is required, not " + Types.nameOf(value));
    }
    if (!isWhole(type)) {
      return Arithmetic.asDouble(value);
    }
    if (precision >= 0) {
      throw EvaluationFailure.unsupported("a precision for %" + type);
    }
    if (value instanceof Double floating) {
      if ("diu".indexOf(type) < 0) {
        throw EvaluationFailure.of("%" + type + " format: an integer is required, not float");
      }
      return Conversions.truncated(floating);
    }
    return Types.intOf(value);
  }
}
