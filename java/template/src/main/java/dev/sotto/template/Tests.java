package dev.sotto.template;

import java.math.BigInteger;
import java.util.Map;
import java.util.Set;

/** Jinja's tests, by name. */
final class Tests {
  /** Other names of the operators. */
  private static final Map<String, String> COMPARISONS =
      Map.ofEntries(
          Map.entry("eq", "=="),
          Map.entry("equalto", "=="),
          Map.entry("==", "=="),
          Map.entry("ne", "!="),
          Map.entry("!=", "!="),
          Map.entry("lt", "<"),
          Map.entry("lessthan", "<"),
          Map.entry("<", "<"),
          Map.entry("le", "<="),
          Map.entry("<=", "<="),
          Map.entry("gt", ">"),
          Map.entry("greaterthan", ">"),
          Map.entry(">", ">"),
          Map.entry("ge", ">="),
          Map.entry(">=", ">="),
          Map.entry("in", "in"));

  private static final Set<String> OF_ONE =
      Set.of(
          "boolean",
          "callable",
          "defined",
          "escaped",
          "even",
          "false",
          "filter",
          "float",
          "integer",
          "iterable",
          "lower",
          "mapping",
          "none",
          "number",
          "odd",
          "sequence",
          "string",
          "test",
          "true",
          "undefined",
          "upper");

  private final Filters filters;

  Tests(Filters filters) {
    this.filters = filters;
  }

  private static boolean isTest(String name) {
    return OF_ONE.contains(name)
        || COMPARISONS.containsKey(name)
        || name.equals("divisibleby")
        || name.equals("sameas");
  }

  /**
   * @param arguments the value first
   * @throws EvaluationFailure if there is no such test, or it does not take the value
   */
  boolean holds(String name, Arguments arguments) {
    if (COMPARISONS.containsKey(name)) {
      Object[] given = arguments.bindPositional(name, 2, 2);
      return Evaluator.compare(COMPARISONS.get(name), given[0], given[1]);
    }
    if (name.equals("divisibleby")) {
      Object[] given = arguments.bind(name, 2, "value", "num");
      return isRest(given[0], given[1], 0);
    }
    if (name.equals("sameas")) {
      Object[] given = arguments.bind(name, 2, "value", "other");
      return isSame(given[0], given[1]);
    }
    if (!OF_ONE.contains(name)) {
      throw EvaluationFailure.of("No test named '" + name + "'.");
    }
    Object value = arguments.bind(name, 1, "value")[0];
    return switch (name) {
      case "defined" -> !(value instanceof Undefined);
      case "undefined" -> value instanceof Undefined;
      case "even" -> isRest(value, Types.whole(2), 0);
      case "odd" -> isRest(value, Types.whole(2), 1);
      case "filter" -> value instanceof String filter && filters.isFilter(filter);
      case "test" -> value instanceof String test && isTest(test);
      case "lower" -> isCased("islower", value);
      case "upper" -> isCased("isupper", value);
      default -> isOfType(name, value);
    };
  }

  private static boolean isOfType(String name, Object value) {
    return switch (name) {
      case "none" -> value == None.NONE;
      case "true" -> Boolean.TRUE.equals(value);
      case "false" -> Boolean.FALSE.equals(value);
      case "boolean" -> value instanceof Boolean;
      case "integer" -> value instanceof BigInteger;
      case "float" -> value instanceof Double;
      case "number" -> Types.isNumber(value);
      case "string" -> value instanceof String || value instanceof Types.Markup;
      case "mapping" -> value instanceof DictValue;
      case "escaped" -> value instanceof Types.Markup;
      case "callable" -> value instanceof Types.Function || value instanceof Undefined;
      case "iterable" -> Iteration.isIterable(value);
      default ->
          Iteration.isIterable(value)
              && !(value instanceof Types.Once || value instanceof Types.DictView);
    };
  }

  private boolean isRest(Object value, Object divisor, int rest) {
    return Equality.equal(filters.arithmetic().apply("%", value, divisor), Types.whole(rest));
  }

  private boolean isCased(String method, Object value) {
    return (Boolean)
        TextMethods.of(Printing.str(value), method, filters.limits()).call(Arguments.NONE);
  }

  /** Whether both are one object, where that does not depend on how Python keeps them. */
  private static boolean isSame(Object a, Object b) {
    if (a instanceof Boolean || a == None.NONE || b instanceof Boolean || b == None.NONE) {
      return a.equals(b);
    }
    throw EvaluationFailure.unsupported("'sameas' of other values than true, false and none");
  }
}
