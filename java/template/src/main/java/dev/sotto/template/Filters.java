package dev.sotto.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.List;
import java.util.Set;

/** Jinja's filters, by name: those of one value here, those that go through a sequence beside. */
final class Filters {
  /** Those of Jinja that are not here. */
  private static final Set<String> UNSUPPORTED =
      Set.of("filesizeformat", "pprint", "random", "striptags", "urlize", "wordwrap", "xmlattr");

  private final Limits limits;
  private final Members members;
  private final Tests tests = new Tests(this);
  private final SequenceFilters sequences;

  Filters(Limits limits) {
    this.limits = limits;
    this.members = new Members(limits);
    this.sequences = new SequenceFilters(this, members);
  }

  Tests tests() {
    return tests;
  }

  Limits limits() {
    return limits;
  }

  Arithmetic arithmetic() {
    return new Arithmetic(limits);
  }

  boolean isFilter(String name) {
    return TextFilters.NAMES.contains(name)
        || SequenceFilters.NAMES.contains(name)
        || OWN.contains(name)
        || UNSUPPORTED.contains(name);
  }

  private static final Set<String> OWN =
      Set.of(
          "abs",
          "attr",
          "count",
          "d",
          "default",
          "e",
          "escape",
          "float",
          "forceescape",
          "int",
          "length",
          "round",
          "safe",
          "string",
          "tojson");

  /**
   * @param arguments the value first
   * @throws EvaluationFailure if there is no such filter, or it does not take the value
   */
  Object apply(String name, Arguments arguments) {
    if (TextFilters.NAMES.contains(name)) {
      return new TextFilters(limits).apply(name, arguments);
    }
    if (SequenceFilters.NAMES.contains(name)) {
      return sequences.apply(name, arguments);
    }
    return switch (name) {
      case "default", "d" -> orDefault(arguments);
      case "length", "count" -> Types.whole(Iteration.length(arguments.bind(name, 1, "obj")[0]));
      case "string" -> string(arguments.bind(name, 1, "object")[0]);
      case "tojson" -> JsonText.of(arguments);
      case "abs" -> absolute(arguments.bind(name, 1, "x")[0]);
      case "int" -> integer(arguments);
      case "float" -> floating(arguments);
      case "round" -> round(arguments);
      case "attr" -> attribute(arguments);
      case "safe" -> new Types.Markup(Printing.str(arguments.bind(name, 1, "value")[0]));
      case "e", "escape", "forceescape" -> escape(arguments.bind(name, 1, "s")[0], name);
      default -> throw unknown(name);
    };
  }

  private static EvaluationFailure unknown(String name) {
    return UNSUPPORTED.contains(name)
        ? EvaluationFailure.unsupported("the filter '" + name + "'")
        : EvaluationFailure.of("No filter named '" + name + "'.");
  }

  private static Object string(Object value) {
    return value instanceof Types.Markup ? value : Printing.str(value);
  }

  private static Object orDefault(Arguments arguments) {
    Object[] given = arguments.bind("default", 1, "value", "default_value", "boolean");
    boolean falseToo = given[2] != null && Equality.isTrue(given[2]);
    boolean absent = given[0] instanceof Undefined || falseToo && !Equality.isTrue(given[0]);
    return !absent ? given[0] : given[1] == null ? "" : given[1];
  }

  private static Object absolute(Object value) {
    if (value instanceof Double number) {
      return Math.abs(number);
    }
    if (value instanceof Undefined missing) {
      throw missing.failure();
    }
    BigInteger number = Types.intOf(value);
    if (number == null) {
      throw EvaluationFailure.of("bad operand type for abs(): '" + Types.nameOf(value) + "'");
    }
    return number.abs();
  }

  private static Object integer(Arguments arguments) {
    Object[] given = arguments.bind("int", 1, "value", "default", "base");
    if (given[0] instanceof Undefined missing) {
      throw missing.failure();
    }
    int base = given[2] == null ? 10 : Types.clampedInt(given[2]);
    BigInteger number = Conversions.toInt(given[0], base);
    if (number == null) {
      Double floating = Conversions.toFloat(given[0]);
      number = floating == null ? null : Conversions.toInt(floating, 10);
    }
    return number != null ? number : given[1] == null ? BigInteger.ZERO : given[1];
  }

  private static Object floating(Arguments arguments) {
    Object[] given = arguments.bind("float", 1, "value", "default");
    if (given[0] instanceof Undefined missing) {
      throw missing.failure();
    }
    Double number = Conversions.toFloat(given[0]);
    return number != null ? number : given[1] == null ? (Object) 0.0 : given[1];
  }

  private static Object round(Arguments arguments) {
    Object[] given = arguments.bind("round", 1, "value", "precision", "method");
    int precision = given[1] == null ? 0 : Types.clampedInt(given[1]);
    Object method = given[2] == null ? "common" : given[2];
    if (!List.of("common", "ceil", "floor").contains(method)) {
      throw EvaluationFailure.of("method must be common, ceil or floor");
    }
    if (Math.abs((long) precision) > 400) {
      throw EvaluationFailure.unsupported("rounding to " + precision + " digits");
    }
    if (!Types.isNumber(given[0])) {
      throw EvaluationFailure.of("type " + Types.nameOf(given[0]) + " cannot be rounded");
    }
    if (method.equals("common")) {
      return common(given[0], precision);
    }
    double scale = Math.pow(10, precision);
    double scaled = Arithmetic.asDouble(given[0]) * scale;
    return (method.equals("ceil") ? Math.ceil(scaled) : Math.floor(scaled)) / scale;
  }

  /** Python's round(): of the exact value, halves to even. */
  private static Object common(Object value, int precision) {
    if (value instanceof Double number) {
      return Double.isFinite(number) ? rounded(number, precision) : number;
    }
    BigInteger whole = Types.intOf(value);
    return precision >= 0
        ? whole
        : new BigDecimal(whole).setScale(precision, RoundingMode.HALF_EVEN).toBigInteger();
  }

  private static double rounded(double number, int precision) {
    BigDecimal exact = new BigDecimal(number);
    return Math.copySign(exact.setScale(precision, RoundingMode.HALF_EVEN).doubleValue(), number);
  }

  /** An attribute, and no item. */
  private Object attribute(Arguments arguments) {
    Object[] given = arguments.bind("attr", 2, "obj", "name");
    String name = Printing.str(given[1]);
    Object item = Members.itemOrNull(given[0], name);
    Object found = members.attribute(given[0], name);
    return found == item ? Undefined.member(given[0], name) : found;
  }

  private static Object escape(Object value, String name) {
    if (value instanceof Types.Markup && !name.equals("forceescape")) {
      return value;
    }
    return new Types.Markup(
        Printing.str(value)
            .replace("&", "&amp;")
            .replace("<", "&lt;")
            .replace(">", "&gt;")
            .replace("'", "&#39;")
            .replace("\"", "&#34;"));
  }
}
