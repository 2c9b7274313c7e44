package dev.sotto.template;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/**
 * Python's slices.
 *
 * @param start an int or None
 * @param stop an int or None
 * @param step an int but 0, or None
 */
record Slices(Object start, Object stop, Object step) {
  /**
   * @throws EvaluationFailure if the value cannot be sliced, or a bound is no int
   */
  Object of(Object value) {
    if (value instanceof String text) {
      return ofText(text);
    } else if (value instanceof Sequence sequence) {
      return sequence.with(ofItems(sequence.items()));
    } else if (value instanceof Types.Group group) {
      return group.tuple().with(ofItems(group.tuple().items()));
    } else if (value instanceof Types.Range) {
      throw EvaluationFailure.unsupported("a slice of a range");
    } else if (value instanceof Types.Markup) {
      throw EvaluationFailure.unsupported("a slice of what is escaped");
    } else if (value instanceof Undefined missing) {
      throw missing.failure();
    }
    throw EvaluationFailure.of("'" + Types.nameOf(value) + "' object is not subscriptable");
  }

  private String ofText(String text) {
    int[] bounds = bounds(Text.length(text));
    if (bounds[2] == 1) {
      return Text.between(text, bounds[0], Math.max(bounds[0], bounds[1]));
    }
    StringBuilder out = new StringBuilder();
    picked(Text.codePoints(text), bounds).forEach(out::append);
    return out.toString();
  }

  private List<Object> ofItems(List<Object> items) {
    int[] bounds = bounds(items.size());
    return bounds[2] == 1
        ? items.subList(bounds[0], Math.max(bounds[0], bounds[1]))
        : picked(items, bounds);
  }

  private static List<Object> picked(List<Object> items, int[] bounds) {
    List<Object> picked = new ArrayList<>();
    for (long i = bounds[0]; bounds[2] > 0 ? i < bounds[1] : i > bounds[1]; i += bounds[2]) {
      picked.add(items.get((int) i));
    }
    return picked;
  }

  /** Start, stop and step for a length, as Python's slice.indices has them. */
  private int[] bounds(int length) {
    int by = step == None.NONE ? 1 : bound(step);
    if (by == 0) {
      throw EvaluationFailure.of("slice step cannot be zero");
    }
    int lowest = by > 0 ? 0 : -1;
    int highest = by > 0 ? length : length - 1;
    int from = start == None.NONE ? (by > 0 ? lowest : highest) : place(start, length);
    int to = stop == None.NONE ? (by > 0 ? highest : lowest) : place(stop, length);
    return new int[] {
      Math.min(Math.max(from, lowest), highest), Math.min(Math.max(to, lowest), highest), by
    };
  }

  /** Counted from the end where negative, and below the first element where there is none. */
  private static int place(Object bound, int length) {
    int place = bound(bound);
    return place >= 0 ? place : Math.max(place + length, -1);
  }

  private static int bound(Object value) {
    BigInteger number = Types.intOf(value);
    if (number == null) {
      throw EvaluationFailure.of(
          "slice indices must be integers or None or have an __index__ method");
    }
    return Types.clampedInt(value);
  }
}
