package dev.sotto.template;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.UnaryOperator;

/** Python's order of values, for sorts, minima and maxima. */
final class Sorting {
  private Sorting() {}

  /**
   * @throws EvaluationFailure if they have no order
   */
  static int compare(Object a, Object b) {
    return Equality.ordered("<", a, b) ? -1 : Equality.ordered("<", b, a) ? 1 : 0;
  }

  /** In order; what is equal stays in its order, backwards too. */
  static List<Object> sorted(List<Object> items, UnaryOperator<Object> key, boolean backwards) {
    record Keyed(Object key, Object item) {}
    List<Keyed> keyed = new ArrayList<>();
    items.forEach(item -> keyed.add(new Keyed(key.apply(item), item)));
    Comparator<Keyed> order = (a, b) -> compare(a.key(), b.key());
    try {
      keyed.sort(backwards ? order.reversed() : order);
    } catch (IllegalArgumentException noOrder) {
      throw EvaluationFailure.of("the values have no order");
    }
    return keyed.stream().map(Keyed::item).toList();
  }
}
