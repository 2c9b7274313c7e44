package dev.sotto.template;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/** Going through values, their lengths, and what they hold. */
final class Iteration {
  private Iteration() {}

  /**
   * @throws EvaluationFailure if Python cannot go through it
   */
  static Iterator<Object> iterator(Object value) {
    if (value instanceof Sequence sequence) {
      return sequence.items().iterator();
    } else if (value instanceof DictValue dict) {
      return dict.keys().iterator();
    } else if (value instanceof String text) {
      return Text.codePoints(text).iterator();
    } else if (value instanceof Types.Range range) {
      return numbers(range);
    } else if (value instanceof Types.Once once) {
      return once.iterator();
    } else if (value instanceof Types.DictView view) {
      return view.items().iterator();
    } else if (value instanceof Types.Group group) {
      return group.tuple().items().iterator();
    } else if (value instanceof Undefined) {
      return Collections.emptyIterator();
    } else if (value instanceof Types.Markup) {
      throw EvaluationFailure.unsupported("going through what is escaped");
    }
    throw EvaluationFailure.of("'" + Types.nameOf(value) + "' object is not iterable");
  }

  static boolean isIterable(Object value) {
    return value instanceof Sequence
        || value instanceof DictValue
        || value instanceof String
        || value instanceof Types.Range
        || value instanceof Types.Once
        || value instanceof Types.DictView
        || value instanceof Types.Group
        || value instanceof Types.Markup
        || value instanceof Undefined;
  }

  private static Iterator<Object> numbers(Types.Range range) {
    return new Iterator<>() {
      private int next;

      @Override
      public boolean hasNext() {
        return next < range.size();
      }

      @Override
      public Object next() {
        if (!hasNext()) {
          throw new NoSuchElementException();
        }
        return range.at(next++);
      }
    };
  }

  /** All of it. */
  static List<Object> items(Object value) {
    if (value instanceof Sequence sequence) {
      return sequence.items();
    }
    List<Object> items = new ArrayList<>();
    iterator(value).forEachRemaining(items::add);
    return items;
  }

  /**
   * @throws EvaluationFailure if it has no length
   */
  static int length(Object value) {
    if (value instanceof String text) {
      return Text.length(text);
    } else if (value instanceof Sequence sequence) {
      return sequence.items().size();
    } else if (value instanceof DictValue dict) {
      return dict.size();
    } else if (value instanceof Types.Range range) {
      return range.size();
    } else if (value instanceof Types.DictView view) {
      return view.items().size();
    } else if (value instanceof Types.Group) {
      return 2;
    } else if (value instanceof Undefined) {
      return 0;
    } else if (value instanceof Types.Markup markup) {
      return Text.length(markup.text());
    }
    throw EvaluationFailure.of("object of type '" + Types.nameOf(value) + "' has no len()");
  }

  /** Python's {@code item in value}. */
  static boolean contains(Object value, Object item) {
    if (value instanceof String text) {
      if (item instanceof String part) {
        return text.contains(part);
      }
      throw EvaluationFailure.of(
          "'in <string>' requires string as left operand, not " + Types.nameOf(item));
    }
    if (value instanceof DictValue dict) {
      return dict.get(item) != null;
    }
    if (value instanceof Types.Range range && item instanceof BigInteger) {
      return items(range).contains(item);
    }
    if (!isIterable(value)) {
      throw EvaluationFailure.of("argument of type '" + Types.nameOf(value) + "' is not iterable");
    }
    Iterator<Object> items = iterator(value);
    while (items.hasNext()) {
      if (Equality.equal(items.next(), item)) {
        return true;
      }
    }
    return false;
  }
}
