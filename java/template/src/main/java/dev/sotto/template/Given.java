package dev.sotto.template;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Java's values as a template sees them. */
final class Given {
  private Given() {}

  /**
   * @param deepest most values inside each other
   * @throws IllegalArgumentException if a value is of no type that a template knows
   */
  static Object of(Object value, int deepest) {
    if (deepest == 0) {
      throw new IllegalArgumentException("values too deep inside each other");
    }
    if (value == null) {
      return None.NONE;
    } else if (value instanceof String || value instanceof Boolean || value instanceof BigInteger) {
      return value;
    } else if (value instanceof Double || value instanceof Float) {
      return ((Number) value).doubleValue();
    } else if (value instanceof Integer || value instanceof Long || value instanceof Short) {
      return Types.whole(((Number) value).longValue());
    } else if (value instanceof Map<?, ?> map) {
      DictValue dict = new DictValue();
      map.forEach((key, each) -> dict.put(text(key), of(each, deepest - 1)));
      return dict;
    } else if (value instanceof List<?> list) {
      List<Object> items = new ArrayList<>(list.size());
      list.forEach(each -> items.add(of(each, deepest - 1)));
      return Types.list(items);
    }
    throw new IllegalArgumentException("a template cannot see a " + value.getClass().getName());
  }

  private static String text(Object key) {
    if (key instanceof String text) {
      return text;
    }
    throw new IllegalArgumentException("the keys of a map must be texts");
  }
}
