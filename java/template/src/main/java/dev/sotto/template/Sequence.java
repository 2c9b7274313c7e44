package dev.sotto.template;

import java.util.List;

/** Values in an order that Python indexes: a list or a tuple. */
sealed interface Sequence {
  List<Object> items();

  /** Another of the same type. */
  Sequence with(List<Object> items);

  /** A list; nothing in a template can change it, as in Jinja's immutable sandbox. */
  record ListValue(List<Object> items) implements Sequence {
    @Override
    public Sequence with(List<Object> others) {
      return new ListValue(others);
    }
  }

  /** A tuple. */
  record TupleValue(List<Object> items) implements Sequence {
    @Override
    public Sequence with(List<Object> others) {
      return new TupleValue(others);
    }
  }
}
