package dev.sotto.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;

/** Python's ==, ordering, hashing and truth. */
final class Equality {
  private Equality() {}

  static boolean equal(Object a, Object b) {
    if (a instanceof Types.Markup || b instanceof Types.Markup) {
      throw EvaluationFailure.unsupported("comparing what is escaped");
    }
    if (a instanceof String || b instanceof String) {
      return a.equals(b);
    }
    if (Types.isNumber(a) && Types.isNumber(b)) {
      return compareNumbers(a, b) == 0;
    }
    if (a instanceof Types.Group || b instanceof Types.Group) {
      return equal(plain(a), plain(b));
    }
    if (a instanceof Sequence one && b instanceof Sequence other) {
      return one.getClass() == other.getClass() && equalItems(one.items(), other.items());
    }
    if (a instanceof DictValue one && b instanceof DictValue other) {
      return equalDicts(one, other);
    }
    if (a instanceof Undefined && b instanceof Undefined) {
      return true;
    }
    if (a instanceof Types.Range one && b instanceof Types.Range other) {
      return one.size() == other.size()
          && (one.size() == 0
              || one.start() == other.start() && (one.size() == 1 || one.step() == other.step()));
    }
    return a == b;
  }

  private static Object plain(Object value) {
    return value instanceof Types.Group group ? group.tuple() : value;
  }

  private static boolean equalItems(List<Object> a, List<Object> b) {
    if (a.size() != b.size()) {
      return false;
    }
    for (int i = 0; i < a.size(); i++) {
      if (!equal(a.get(i), b.get(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean equalDicts(DictValue a, DictValue b) {
    if (a.size() != b.size()) {
      return false;
    }
    for (Map.Entry<Object, Object> entry : a.entries()) {
      Object other = b.get(entry.getKey());
      if (other == null || !equal(entry.getValue(), other)) {
        return false;
      }
    }
    return true;
  }

  /** Exactly, an int beside a float too: less than 0, 0 or above, or 2 where one is NaN. */
  private static int compareNumbers(Object a, Object b) {
    // An int lies between the infinities, as 0 does.
    double x = a instanceof Double number ? number : 0;
    double y = b instanceof Double number ? number : 0;
    if (Double.isNaN(x) || Double.isNaN(y)) {
      return 2;
    }
    return Double.isInfinite(x) || Double.isInfinite(y)
        ? Double.compare(x, y)
        : exact(a).compareTo(exact(b));
  }

  private static BigDecimal exact(Object number) {
    return number instanceof Double value
        ? new BigDecimal(value)
        : new BigDecimal(Types.intOf(number));
  }

  /**
   * Whether {@code a OP b} for one of {@code < <= > >=}.
   *
   * @throws EvaluationFailure if their types have no order
   */
  static boolean ordered(String operator, Object a, Object b) {
    if (a instanceof Undefined missing) {
      throw missing.failure();
    }
    if (b instanceof Undefined missing) {
      throw missing.failure();
    }
    int sign;
    if (a instanceof String one && b instanceof String other) {
      sign = compareTexts(one, other);
    } else if (Types.isNumber(a) && Types.isNumber(b)) {
      sign = compareNumbers(a, b);
      if (sign == 2) {
        return false;
      }
    } else if (plain(a) instanceof Sequence one
        && plain(b) instanceof Sequence other
        && one.getClass() == other.getClass()) {
      return orderedItems(operator, one.items(), other.items());
    } else {
      throw EvaluationFailure.of(
          "'"
              + operator
              + "' not supported between instances of '"
              + Types.nameOf(a)
              + "' and '"
              + Types.nameOf(b)
              + "'");
    }
    return holds(operator, sign);
  }

  private static boolean orderedItems(String operator, List<Object> a, List<Object> b) {
    for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
      if (!equal(a.get(i), b.get(i))) {
        return ordered(operator, a.get(i), b.get(i));
      }
    }
    return holds(operator, Integer.compare(a.size(), b.size()));
  }

  private static boolean holds(String operator, int sign) {
    return switch (operator) {
      case "<" -> sign < 0;
      case "<=" -> sign <= 0;
      case ">" -> sign > 0;
      default -> sign >= 0;
    };
  }

  /** By code points, where Java's own order is by UTF-16 units. */
  private static int compareTexts(String a, String b) {
    for (int i = 0; i < Math.min(a.length(), b.length()); i++) {
      if (a.charAt(i) != b.charAt(i)) {
        boolean pair = Character.isSurrogate(a.charAt(i)) != Character.isSurrogate(b.charAt(i));
        int sign = Character.compare(a.charAt(i), b.charAt(i));
        return pair ? Character.isSurrogate(a.charAt(i)) ? 1 : -1 : sign;
      }
    }
    return Integer.compare(a.length(), b.length());
  }

  /**
   * What is equal, and hashes alike, in Java where the values are equal in Python.
   *
   * @throws EvaluationFailure if Python cannot hash it
   */
  static Object hashKey(Object value) {
    if (value instanceof String || value instanceof BigInteger || value == None.NONE) {
      return value;
    }
    if (value instanceof Boolean) {
      return Types.intOf(value);
    }
    if (value instanceof Double number) {
      boolean whole = Math.rint(number) == number && !Double.isInfinite(number);
      return whole ? new BigDecimal(number).toBigInteger() : value;
    }
    if (plain(value) instanceof Sequence.TupleValue tuple) {
      return tuple.items().stream().map(Equality::hashKey).toList();
    }
    if (value instanceof Undefined) {
      return Undefined.class;
    }
    throw EvaluationFailure.of("unhashable type: '" + Types.nameOf(value) + "'");
  }

  static boolean isTrue(Object value) {
    if (value instanceof Boolean bool) {
      return bool;
    } else if (value instanceof String text) {
      return !text.isEmpty();
    } else if (value instanceof BigInteger number) {
      return number.signum() != 0;
    } else if (value instanceof Double number) {
      return number != 0;
    } else if (value instanceof Sequence sequence) {
      return !sequence.items().isEmpty();
    } else if (value instanceof DictValue dict) {
      return dict.size() != 0;
    } else if (value instanceof Types.Range range) {
      return range.size() != 0;
    } else if (value instanceof Types.DictView view) {
      return !view.items().isEmpty();
    } else if (value instanceof Types.Markup markup) {
      return !markup.text().isEmpty();
    }
    return value != None.NONE && !(value instanceof Undefined);
  }
}
