package dev.sotto.template;

import java.math.BigInteger;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Python's types and the Java types that stand for them: {@code bool} Boolean, {@code int}
 * BigInteger, {@code float} Double, {@code str} String, {@code list} and {@code tuple} {@link
 * Sequence}, {@code dict} {@link DictValue}, {@code None} {@link None}; and the few below.
 */
final class Types {
  private Types() {}

  /** A range: its numbers are counted, not kept. */
  record Range(long start, long stop, long step, int size) {
    BigInteger at(int index) {
      return BigInteger.valueOf(start + step * index);
    }
  }

  /** Something that can be gone through once: what most filters over a sequence give. */
  record Once(Iterator<Object> iterator) {}

  /**
   * The keys, values or items of a dict: can be gone through many times, not indexed.
   *
   * @param name as Python prints it
   */
  record DictView(String name, List<Object> items) {}

  /** A text that is escaped for HTML: can be printed, and nothing else. */
  record Markup(String text) {}

  /** {@code namespace()}: what a template can assign to from inside a loop. */
  record Namespace(Map<String, Object> values) {
    Namespace() {
      this(new LinkedHashMap<>());
    }
  }

  /** A result of {@code groupby}: a tuple of two with names. */
  record Group(Object grouper, Sequence.ListValue list) {
    Sequence.TupleValue tuple() {
      return new Sequence.TupleValue(List.of(grouper, list));
    }
  }

  /** A function, method or macro. */
  @FunctionalInterface
  interface Function {
    Object call(Arguments arguments);
  }

  /** An object whose attributes are computed. */
  interface WithAttributes {
    /** The attribute, or null where there is none. */
    Object attribute(String name);
  }

  /** The name of a value's type as Python's messages have it. */
  static String nameOf(Object value) {
    if (value instanceof String) {
      return "str";
    } else if (value instanceof BigInteger) {
      return "int";
    } else if (value instanceof Double) {
      return "float";
    } else if (value instanceof Boolean) {
      return "bool";
    } else if (value instanceof Sequence.ListValue) {
      return "list";
    } else if (value instanceof Sequence.TupleValue || value instanceof Group) {
      return "tuple";
    } else if (value instanceof DictValue) {
      return "dict";
    } else if (value == None.NONE) {
      return "NoneType";
    } else if (value instanceof Undefined) {
      return "Undefined";
    } else if (value instanceof Once) {
      return "generator";
    } else if (value instanceof DictView view) {
      return view.name();
    } else if (value instanceof Function) {
      return "function";
    }
    return value.getClass().getSimpleName();
  }

  static boolean isNumber(Object value) {
    return value instanceof BigInteger || value instanceof Double || value instanceof Boolean;
  }

  /** An int, or a bool, which Python counts among the ints; null for anything else. */
  static BigInteger intOf(Object value) {
    if (value instanceof BigInteger number) {
      return number;
    }
    if (value instanceof Boolean bool) {
      return bool ? BigInteger.ONE : BigInteger.ZERO;
    }
    return null;
  }

  /**
   * The same within an int's range: beyond it, the nearest there.
   *
   * @throws EvaluationFailure if it is no int
   */
  static int clampedInt(Object value) {
    BigInteger number = intOf(value);
    if (number == null) {
      throw EvaluationFailure.of(
          "'" + nameOf(value) + "' object cannot be interpreted as an integer");
    }
    return number.bitLength() < Integer.SIZE
        ? number.intValue()
        : number.signum() < 0 ? Integer.MIN_VALUE : Integer.MAX_VALUE;
  }

  static BigInteger whole(long value) {
    return BigInteger.valueOf(value);
  }

  static Sequence.ListValue list(List<Object> items) {
    return new Sequence.ListValue(items);
  }
}
