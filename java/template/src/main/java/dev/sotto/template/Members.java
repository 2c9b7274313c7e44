package dev.sotto.template;

import java.math.BigInteger;
import java.util.List;
import java.util.Set;

/** Attributes, items and methods of values, as Jinja's immutable sandbox gives them out. */
final class Members {
  private static final Set<String> CHANGE_DICTS =
      Set.of("clear", "pop", "popitem", "setdefault", "update");
  private static final Set<String> CHANGE_LISTS =
      Set.of("append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort");
  private static final Set<String> OTHERS_OF_DICTS = Set.of("copy", "fromkeys");
  private static final Set<String> OTHERS_OF_INTS =
      Set.of("as_integer_ratio", "bit_count", "bit_length", "conjugate", "from_bytes", "to_bytes");
  private static final Set<String> OTHERS_OF_FLOATS =
      Set.of("as_integer_ratio", "conjugate", "fromhex", "hex", "is_integer");

  private final Limits limits;

  Members(Limits limits) {
    this.limits = limits;
  }

  /** {@code value.name}: an attribute or, where there is none, an item. */
  Object attribute(Object value, String name) {
    if (value instanceof Undefined missing) {
      throw missing.failure();
    }
    Object attribute = own(value, name);
    if (attribute != null) {
      return attribute;
    }
    Object item = itemOrNull(value, name);
    return item == null ? Undefined.member(value, name) : item;
  }

  /** {@code value[key]}: an item or, where there is none and the key is a text, an attribute. */
  Object item(Object value, Object key) {
    if (value instanceof Undefined missing) {
      throw missing.failure();
    }
    Object item = itemOrNull(value, key);
    if (item == null && key instanceof String name) {
      item = own(value, name);
    }
    return item == null ? Undefined.member(value, key) : item;
  }

  /** The item, or null where Python has none. */
  static Object itemOrNull(Object value, Object key) {
    if (value instanceof DictValue dict) {
      if (key instanceof Sequence.ListValue || key instanceof DictValue) {
        return null;
      }
      return dict.get(key);
    }
    BigInteger number = Types.intOf(key);
    if (number == null) {
      return null;
    }
    if (value instanceof Sequence sequence) {
      int place = place(key, sequence.items().size());
      return place < 0 ? null : sequence.items().get(place);
    } else if (value instanceof String text) {
      int length = Text.length(text);
      int place = place(key, length);
      return place < 0 ? null : Text.between(text, place, place + 1);
    } else if (value instanceof Types.Range range) {
      int place = place(key, range.size());
      return place < 0 ? null : range.at(place);
    } else if (value instanceof Types.Group group) {
      int place = place(key, 2);
      return place < 0 ? null : group.tuple().items().get(place);
    }
    return null;
  }

  /** Counted from the end where negative; -1 for one that is not there. */
  private static int place(Object key, int length) {
    int place = Types.clampedInt(key);
    int fromStart = place < 0 ? place + length : place;
    return fromStart >= 0 && fromStart < length ? fromStart : -1;
  }

  /** The attribute, or null where the type has none. */
  private Object own(Object value, String name) {
    if (name.startsWith("__") && name.endsWith("__") && !(value instanceof Types.Namespace)) {
      return Undefined.unsafe(value, name);
    }
    if (value instanceof String text) {
      return TextMethods.of(text, name, limits);
    } else if (value instanceof DictValue dict) {
      return ofDict(dict, name);
    } else if (value instanceof Sequence sequence) {
      return ofSequence(sequence, name);
    } else if (value instanceof Types.Namespace namespace) {
      return namespace.values().get(name);
    } else if (value instanceof Types.WithAttributes object) {
      return object.attribute(name);
    } else if (value instanceof Types.Group group) {
      return name.equals("grouper")
          ? group.grouper()
          : name.equals("list") ? group.list() : ofSequence(group.tuple(), name);
    } else if (value instanceof Types.Markup) {
      throw EvaluationFailure.unsupported("a method of what is escaped");
    }
    return ofNumber(value, name);
  }

  private static Object ofDict(DictValue dict, String name) {
    if (CHANGE_DICTS.contains(name)) {
      return Undefined.unsafe(dict, name);
    }
    return switch (name) {
      case "get" ->
          (Types.Function)
              arguments -> {
                Object[] given = arguments.bindPositional("get", 1, 2);
                Object found = dict.get(given[0]);
                return found != null ? found : given[1] != null ? given[1] : None.NONE;
              };
      case "items" -> view(name, "dict_items", dict.items());
      case "keys" -> view(name, "dict_keys", dict.keys());
      case "values" -> view(name, "dict_values", dict.values());
      default -> unsupported(OTHERS_OF_DICTS, "dict", name);
    };
  }

  private static Types.Function view(String method, String name, List<Object> items) {
    return arguments -> {
      arguments.bindPositional(method, 0, 0);
      return new Types.DictView(name, items);
    };
  }

  private static Object ofSequence(Sequence sequence, String name) {
    if (sequence instanceof Sequence.ListValue && CHANGE_LISTS.contains(name)) {
      return Undefined.unsafe(sequence, name);
    }
    return switch (name) {
      case "count" ->
          (Types.Function)
              arguments -> {
                Object wanted = arguments.bindPositional("count", 1, 1)[0];
                return Types.whole(
                    sequence.items().stream().filter(item -> Equality.equal(item, wanted)).count());
              };
      case "index" ->
          (Types.Function)
              arguments -> {
                Object wanted = arguments.bindPositional("index", 1, 1)[0];
                for (int i = 0; i < sequence.items().size(); i++) {
                  if (Equality.equal(sequence.items().get(i), wanted)) {
                    return Types.whole(i);
                  }
                }
                throw EvaluationFailure.of("the value is not in the list");
              };
      default ->
          sequence instanceof Sequence.ListValue ? unsupported(Set.of("copy"), "list", name) : null;
    };
  }

  private static Object ofNumber(Object value, String name) {
    if (value instanceof Double number) {
      return switch (name) {
        case "real" -> number;
        case "imag" -> 0.0;
        default -> unsupported(OTHERS_OF_FLOATS, "float", name);
      };
    }
    BigInteger number = Types.intOf(value);
    if (number == null) {
      return null;
    }
    return switch (name) {
      case "real", "numerator" -> number;
      case "imag" -> BigInteger.ZERO;
      case "denominator" -> BigInteger.ONE;
      default -> unsupported(OTHERS_OF_INTS, "int", name);
    };
  }

  /** A method that Python has and this interpreter has not. */
  private static Types.Function unsupported(Set<String> names, String type, String name) {
    if (!names.contains(name)) {
      return null;
    }
    return arguments -> {
      throw EvaluationFailure.unsupported(type + "." + name);
    };
  }
}
