package dev.sotto.template;

import java.math.BigInteger;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;

/**
 * Python's json.dumps, which chat templates call {@code tojson}.
 *
 * @param ascii whether all but ASCII is escaped
 * @param indent what a level is indented by; null for all on one line
 * @param itemSeparator between elements
 * @param keySeparator between key and value
 * @param sorted whether keys are put in order
 */
record JsonText(
    boolean ascii, String indent, String itemSeparator, String keySeparator, boolean sorted) {

  /** The filter with its arguments. */
  static String of(Arguments arguments) {
    Object[] given =
        arguments.bind("tojson", 1, "x", "ensure_ascii", "indent", "separators", "sort_keys");
    Object indent = given[2];
    String step = null;
    if (indent instanceof String text) {
      step = text;
    } else if (indent != null && indent != None.NONE) {
      step = " ".repeat(Math.max(0, Math.min(Types.clampedInt(indent), 64)));
    }
    String items = step == null ? ", " : ",";
    String keys = ": ";
    if (given[3] != null && given[3] != None.NONE) {
      List<Object> separators = Iteration.items(given[3]);
      if (separators.size() != 2
          || !(separators.get(0) instanceof String first)
          || !(separators.get(1) instanceof String second)) {
        throw EvaluationFailure.of("tojson: separators are two texts");
      }
      items = first;
      keys = second;
    }
    boolean ascii = given[1] != null && Equality.isTrue(given[1]);
    boolean sorted = given[4] != null && Equality.isTrue(given[4]);
    StringBuilder out = new StringBuilder();
    new JsonText(ascii, step, items, keys, sorted).write(given[0], 0, out);
    return out.toString();
  }

  private void write(Object value, int level, StringBuilder out) {
    if (value instanceof String text) {
      quote(text, out);
    } else if (value instanceof Boolean || value == None.NONE) {
      out.append(word(value));
    } else if (value instanceof BigInteger) {
      out.append(Printing.repr(value));
    } else if (value instanceof Double number) {
      out.append(number(number));
    } else if (value instanceof Sequence sequence) {
      list(sequence.items(), level, out);
    } else if (value instanceof Types.Group group) {
      list(group.tuple().items(), level, out);
    } else if (value instanceof DictValue dict) {
      object(dict, level, out);
    } else if (value instanceof Types.Markup markup) {
      quote(markup.text(), out);
    } else {
      throw EvaluationFailure.of(
          "Object of type " + Types.nameOf(value) + " is not JSON serializable");
    }
  }

  private static String word(Object value) {
    return value == None.NONE ? "null" : value.toString();
  }

  private static String number(double number) {
    if (Double.isNaN(number)) {
      return "NaN";
    }
    return Double.isInfinite(number)
        ? number > 0 ? "Infinity" : "-Infinity"
        : Printing.number(number);
  }

  private void list(List<Object> items, int level, StringBuilder out) {
    if (items.isEmpty()) {
      out.append("[]");
      return;
    }
    out.append('[');
    for (Iterator<Object> each = items.iterator(); each.hasNext(); ) {
      newLine(level + 1, out);
      write(each.next(), level + 1, out);
      if (each.hasNext()) {
        out.append(itemSeparator);
      }
    }
    newLine(level, out);
    out.append(']');
  }

  private void object(DictValue dict, int level, StringBuilder out) {
    if (dict.size() == 0) {
      out.append("{}");
      return;
    }
    out.append('{');
    for (Iterator<Map.Entry<Object, Object>> each = entries(dict); each.hasNext(); ) {
      Map.Entry<Object, Object> entry = each.next();
      newLine(level + 1, out);
      quote(key(entry.getKey()), out);
      out.append(keySeparator);
      write(entry.getValue(), level + 1, out);
      if (each.hasNext()) {
        out.append(itemSeparator);
      }
    }
    newLine(level, out);
    out.append('}');
  }

  private Iterator<Map.Entry<Object, Object>> entries(DictValue dict) {
    if (!sorted) {
      return dict.entries().iterator();
    }
    Comparator<Map.Entry<Object, Object>> byKey = (a, b) -> Sorting.compare(a.getKey(), b.getKey());
    return StreamSupport.stream(dict.entries().spliterator(), false).sorted(byKey).iterator();
  }

  private static String key(Object key) {
    if (key instanceof String text) {
      return text;
    } else if (key instanceof Boolean || key == None.NONE) {
      return word(key);
    } else if (key instanceof BigInteger) {
      return Printing.repr(key);
    } else if (key instanceof Double number) {
      return number(number);
    }
    throw EvaluationFailure.of(
        "keys must be str, int, float, bool or None, not " + Types.nameOf(key));
  }

  private void newLine(int level, StringBuilder out) {
    if (indent != null) {
      out.append('\n').append(indent.repeat(level));
    }
  }

  private void quote(String text, StringBuilder out) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '\f' -> out.append("\\f");
        case '\b' -> out.append("\\b");
        default -> {
          if (c < ' ' || ascii && c >= 0x7f) {
            // 0x7f is ASCII, and written as it is.
            out.append(c == 0x7f ? "\u007f" : String.format("\\u%04x", (int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }
}
