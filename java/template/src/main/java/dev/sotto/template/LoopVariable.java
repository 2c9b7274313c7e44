package dev.sotto.template;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * {@code loop} inside of a loop. What it says of the end goes through what is left of the sequence
 * first, and only when it is asked.
 */
final class LoopVariable implements Types.WithAttributes, Types.Function {
  private static final String MISSING = "there is no ";

  private final Iterator<Object> source;
  private final List<Object> ahead = new ArrayList<>();
  private final int depth;
  private final Types.Function recursion;
  private int index = -1;
  private Object previous;
  private Object current;
  private List<Object> lastChanged;

  /**
   * @param depth of loops that call themselves, from 1
   * @param recursion the loop over something else, or null where it may not call itself
   */
  LoopVariable(Iterator<Object> source, int depth, Types.Function recursion) {
    this.source = source;
    this.depth = depth;
    this.recursion = recursion;
  }

  boolean hasNext() {
    return !ahead.isEmpty() || source.hasNext();
  }

  Object next() {
    previous = current;
    current = ahead.isEmpty() ? source.next() : ahead.remove(0);
    index++;
    return current;
  }

  private int left() {
    while (source.hasNext()) {
      ahead.add(source.next());
    }
    return ahead.size();
  }

  private Object nextItem() {
    if (!hasNext()) {
      return new Undefined(MISSING + "next item");
    }
    if (ahead.isEmpty()) {
      ahead.add(source.next());
    }
    return ahead.get(0);
  }

  @Override
  public Object call(Arguments arguments) {
    if (recursion == null) {
      throw EvaluationFailure.of(
          "The loop must have the 'recursive' marker to be called recursively.");
    }
    return recursion.call(arguments);
  }

  @Override
  public Object attribute(String name) {
    return switch (name) {
      case "index" -> Types.whole(index + 1);
      case "index0" -> Types.whole(index);
      case "first" -> index == 0;
      case "last" -> !hasNext();
      case "length" -> Types.whole(index + 1L + left());
      case "revindex" -> Types.whole(left() + 1L);
      case "revindex0" -> Types.whole(left());
      case "depth" -> Types.whole(depth);
      case "depth0" -> Types.whole(depth - 1);
      case "previtem" -> index == 0 ? new Undefined(MISSING + "previous item") : previous;
      case "nextitem" -> nextItem();
      case "cycle" -> (Types.Function) this::cycle;
      case "changed" -> (Types.Function) this::changed;
      default -> null;
    };
  }

  private Object cycle(Arguments arguments) {
    List<Object> values = arguments.positional();
    if (values.isEmpty()) {
      throw EvaluationFailure.of("no items for cycling given");
    }
    return values.get(index % values.size());
  }

  private Object changed(Arguments arguments) {
    boolean same =
        lastChanged != null
            && Equality.equal(Types.list(lastChanged), Types.list(arguments.positional()));
    lastChanged = arguments.positional();
    return !same;
  }
}
