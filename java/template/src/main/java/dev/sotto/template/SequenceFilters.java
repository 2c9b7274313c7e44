package dev.sotto.template;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** The filters that go through a sequence. Most give what can be gone through once, as Jinja's. */
final class SequenceFilters {
  static final Set<String> NAMES =
      Set.of(
          "batch",
          "dictsort",
          "first",
          "groupby",
          "items",
          "join",
          "last",
          "list",
          "map",
          "max",
          "min",
          "reject",
          "rejectattr",
          "reverse",
          "select",
          "selectattr",
          "slice",
          "sort",
          "sum",
          "unique");

  private final Filters filters;
  private final Members members;

  SequenceFilters(Filters filters, Members members) {
    this.filters = filters;
    this.members = members;
  }

  Object apply(String name, Arguments arguments) {
    Object value = arguments.positional().get(0);
    return switch (name) {
      case "list" -> Types.list(Iteration.items(only(name, arguments)));
      case "items" -> items(only(name, arguments));
      case "first" -> first(only(name, arguments));
      case "last" -> last(only(name, arguments));
      case "reverse" -> reverse(only(name, arguments));
      case "join" -> join(arguments);
      case "sort" -> sort(arguments);
      case "dictsort" -> sortDict(arguments);
      case "groupby" -> group(arguments);
      case "unique" -> unique(arguments);
      case "min", "max" -> extreme(name, arguments);
      case "sum" -> sum(arguments);
      case "batch" -> batch(arguments);
      case "slice" -> slice(arguments);
      case "map" -> once(streamIfTrue(value).map(mapping(arguments.from(1))));
      case "select" -> once(streamIfTrue(value).filter(selection(arguments.from(1))));
      case "reject" -> once(streamIfTrue(value).filter(selection(arguments.from(1)).negate()));
      case "selectattr" -> once(streamIfTrue(value).filter(ofAttribute(arguments.from(1))));
      default -> once(streamIfTrue(value).filter(ofAttribute(arguments.from(1)).negate()));
    };
  }

  private static Object only(String name, Arguments arguments) {
    return arguments.bind(name, 1, "value")[0];
  }

  private static Types.Once once(Stream<Object> stream) {
    return new Types.Once(stream.iterator());
  }

  private static Stream<Object> stream(Object value) {
    Iterator<Object> items = Iteration.iterator(value);
    Iterable<Object> iterable = () -> items;
    return StreamSupport.stream(iterable.spliterator(), false);
  }

  /** What is false, None too, has nothing to go through. */
  private static Stream<Object> streamIfTrue(Object value) {
    return Equality.isTrue(value) ? stream(value) : Stream.empty();
  }

  private static boolean isTrue(Object option) {
    return option != null && Equality.isTrue(option);
  }

  /** {@code a.0.b}: items inside of each other; several with commas only for sorting. */
  private UnaryOperator<Object> getter(Object attribute, Object fallback, boolean anyCase) {
    List<Object> keys = new ArrayList<>();
    if (attribute instanceof String path) {
      for (String part : path.split("\\.", -1)) {
        keys.add(part.matches("[0-9]{1,9}") ? Types.whole(Long.parseLong(part)) : part);
      }
    } else if (attribute != null && attribute != None.NONE) {
      keys.add(attribute);
    }
    return item -> {
      Object found = item;
      for (Object key : keys) {
        found = members.item(found, key);
        if (found instanceof Undefined && fallback != null && fallback != None.NONE) {
          found = fallback;
        }
      }
      return anyCase && found instanceof String text ? Casing.lower(text) : found;
    };
  }

  private static Object items(Object value) {
    if (value instanceof Undefined) {
      return once(Stream.empty());
    }
    if (!(value instanceof DictValue dict)) {
      throw EvaluationFailure.of("Can only get item pairs from a mapping.");
    }
    return once(dict.items().stream());
  }

  private static Object first(Object value) {
    Iterator<Object> items = Iteration.iterator(value);
    return items.hasNext() ? items.next() : new Undefined("No first item, sequence was empty.");
  }

  private static void requireReversible(Object value) {
    if (value instanceof Types.Once || !Iteration.isIterable(value)) {
      throw EvaluationFailure.of("'" + Types.nameOf(value) + "' object is not reversible");
    }
  }

  private static Object last(Object value) {
    requireReversible(value);
    List<Object> items = Iteration.items(value);
    return items.isEmpty()
        ? new Undefined("No last item, sequence was empty.")
        : items.get(items.size() - 1);
  }

  private static Object reverse(Object value) {
    if (value instanceof String text) {
      return new StringBuilder(text).reverse().toString();
    }
    List<Object> items = new ArrayList<>(Iteration.items(value));
    Collections.reverse(items);
    return value instanceof Types.Once ? Types.list(items) : once(items.stream());
  }

  private String join(Arguments arguments) {
    Object[] given = arguments.bind("join", 1, "value", "d", "attribute");
    UnaryOperator<Object> getter = getter(given[2], null, false);
    StringBuilder out = new StringBuilder();
    String between = given[1] == null ? "" : Printing.str(given[1]);
    Iterator<Object> items = Iteration.iterator(given[0]);
    while (items.hasNext()) {
      Object item = getter.apply(items.next());
      if (item instanceof Types.Markup) {
        throw EvaluationFailure.unsupported("joining what is escaped");
      }
      out.append(Printing.str(item)).append(items.hasNext() ? between : "");
      filters.limits().requireCharacters(out.length());
    }
    return out.toString();
  }

  private Object sort(Arguments arguments) {
    Object[] given = arguments.bind("sort", 1, "value", "reverse", "case_sensitive", "attribute");
    boolean anyCase = !isTrue(given[2]);
    Object attribute = given[3];
    List<UnaryOperator<Object>> keys =
        attribute instanceof String several
            ? Stream.of(several.split(",", -1)).map(one -> getter(one, null, anyCase)).toList()
            : List.of(getter(attribute, null, anyCase));
    UnaryOperator<Object> key =
        item -> Types.list(keys.stream().map(each -> each.apply(item)).toList());
    return Types.list(Sorting.sorted(Iteration.items(given[0]), key, isTrue(given[1])));
  }

  private Object sortDict(Arguments arguments) {
    Object[] given = arguments.bind("dictsort", 1, "value", "case_sensitive", "by", "reverse");
    Object by = given[2] == null ? "key" : given[2];
    if (!List.of("key", "value").contains(by)) {
      throw EvaluationFailure.of("You can only sort by either \"key\" or \"value\"");
    }
    if (!(given[0] instanceof DictValue dict)) {
      throw EvaluationFailure.of("dictsort takes a dict, not " + Types.nameOf(given[0]));
    }
    UnaryOperator<Object> key =
        getter(Types.whole(by.equals("key") ? 0 : 1), null, !isTrue(given[1]));
    return Types.list(Sorting.sorted(dict.items(), key, isTrue(given[3])));
  }

  private Object group(Arguments arguments) {
    Object[] given =
        arguments.bind("groupby", 2, "value", "attribute", "default", "case_sensitive");
    UnaryOperator<Object> key = getter(given[1], given[2], !isTrue(given[3]));
    UnaryOperator<Object> shown = getter(given[1], given[2], false);
    List<Object> groups = new ArrayList<>();
    List<Object> current = new ArrayList<>();
    Object currentKey = null;
    for (Object item : Sorting.sorted(Iteration.items(given[0]), key, false)) {
      Object itsKey = key.apply(item);
      if (currentKey != null && !Equality.equal(currentKey, itsKey)) {
        groups.add(new Types.Group(shown.apply(current.get(0)), new Sequence.ListValue(current)));
        current = new ArrayList<>();
      }
      currentKey = itsKey;
      current.add(item);
    }
    if (!current.isEmpty()) {
      groups.add(new Types.Group(shown.apply(current.get(0)), new Sequence.ListValue(current)));
    }
    return Types.list(groups);
  }

  private Object unique(Arguments arguments) {
    Object[] given = arguments.bind("unique", 1, "value", "case_sensitive", "attribute");
    UnaryOperator<Object> key = getter(given[2], null, !isTrue(given[1]));
    Set<Object> seen = new HashSet<>();
    return once(stream(given[0]).filter(item -> seen.add(Equality.hashKey(key.apply(item)))));
  }

  private Object extreme(String name, Arguments arguments) {
    Object[] given = arguments.bind(name, 1, "value", "case_sensitive", "attribute");
    UnaryOperator<Object> key = getter(given[2], null, !isTrue(given[1]));
    Iterator<Object> items = Iteration.iterator(given[0]);
    if (!items.hasNext()) {
      return new Undefined("No aggregated item, sequence was empty.");
    }
    String better = name.equals("min") ? "<" : ">";
    Object best = items.next();
    while (items.hasNext()) {
      Object item = items.next();
      if (Equality.ordered(better, key.apply(item), key.apply(best))) {
        best = item;
      }
    }
    return best;
  }

  private Object sum(Arguments arguments) {
    Object[] given = arguments.bind("sum", 1, "iterable", "attribute", "start");
    UnaryOperator<Object> key = getter(given[1], null, false);
    Object sum = given[2] == null ? Types.whole(0) : given[2];
    if (sum instanceof String) {
      throw EvaluationFailure.of("sum() can't sum strings [use ''.join(seq) instead]");
    }
    Iterator<Object> items = Iteration.iterator(given[0]);
    while (items.hasNext()) {
      sum = filters.arithmetic().apply("+", sum, key.apply(items.next()));
    }
    return sum;
  }

  private Object batch(Arguments arguments) {
    Object[] given = arguments.bind("batch", 2, "value", "linecount", "fill_with");
    int size = Types.clampedInt(given[1]);
    filters.limits().requireElements(size);
    List<Object> batches = new ArrayList<>();
    List<Object> batch = new ArrayList<>();
    for (Object item : Iteration.items(given[0])) {
      if (batch.size() == size) {
        batches.add(Types.list(batch));
        batch = new ArrayList<>();
      }
      batch.add(item);
    }
    if (!batch.isEmpty()) {
      while (isFill(given[2]) && batch.size() < size) {
        batch.add(given[2]);
      }
      batches.add(Types.list(batch));
    }
    return once(batches.stream());
  }

  private static boolean isFill(Object fill) {
    return fill != null && fill != None.NONE;
  }

  private Object slice(Arguments arguments) {
    Object[] given = arguments.bind("slice", 2, "value", "slices", "fill_with");
    List<Object> items = Iteration.items(given[0]);
    int count = Types.clampedInt(given[1]);
    if (count == 0) {
      throw EvaluationFailure.of("integer division or modulo by zero");
    }
    filters.limits().requireElements(count);
    List<Object> slices = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < count; i++) {
      boolean longer = i < items.size() % count;
      int end = start + items.size() / count + (longer ? 1 : 0);
      List<Object> slice = new ArrayList<>(items.subList(start, end));
      if (isFill(given[2]) && !longer) {
        slice.add(given[2]);
      }
      slices.add(Types.list(slice));
      start = end;
    }
    return once(slices.stream());
  }

  private UnaryOperator<Object> mapping(Arguments arguments) {
    if (arguments.positional().isEmpty()) {
      Object[] given = arguments.bind("map", 0, "attribute", "default");
      if (given[0] == null) {
        throw EvaluationFailure.of("map requires a filter argument");
      }
      return getter(given[0], given[1], false);
    }
    String name = Printing.str(arguments.positional().get(0));
    return item -> filters.apply(name, arguments.from(1).after(item));
  }

  /** A test by name, or whether the item is true. */
  private Predicate<Object> selection(Arguments arguments) {
    if (arguments.positional().isEmpty()) {
      return Equality::isTrue;
    }
    String name = Printing.str(arguments.positional().get(0));
    return item -> filters.tests().holds(name, arguments.from(1).after(item));
  }

  private Predicate<Object> ofAttribute(Arguments arguments) {
    if (arguments.positional().isEmpty()) {
      throw EvaluationFailure.of("Missing parameter for attribute name");
    }
    UnaryOperator<Object> getter = getter(arguments.positional().get(0), null, false);
    Predicate<Object> selection = selection(arguments.from(1));
    return item -> selection.test(getter.apply(item));
  }
}
