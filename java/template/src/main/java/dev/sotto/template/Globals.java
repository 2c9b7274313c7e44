package dev.sotto.template;

import java.math.BigInteger;
import java.util.List;
import java.util.Map;

/** The functions that a chat template finds without being given them. */
final class Globals {
  private final Rendering rendering;
  private final Map<String, Types.Function> functions;

  Globals(Rendering rendering) {
    this.rendering = rendering;
    functions =
        Map.of(
            "range", this::range,
            "dict", Globals::dict,
            "namespace", Globals::namespace,
            "cycler", Cycler::new,
            "joiner", arguments -> joiner(arguments.bind("joiner", 0, "sep")[0]),
            "lipsum",
                arguments -> {
                  throw EvaluationFailure.unsupported("lipsum");
                },
            "raise_exception",
                arguments -> {
                  Object message = arguments.bind("raise_exception", 1, "message")[0];
                  throw EvaluationFailure.raised(Printing.str(message));
                },
            "strftime_now", this::now);
  }

  /** The function, or null. */
  Types.Function get(String name) {
    return functions.get(name);
  }

  private Object now(Arguments arguments) {
    if (!(arguments.bind("strftime_now", 1, "format")[0] instanceof String format)) {
      throw EvaluationFailure.of("strftime_now takes a str");
    }
    return Strftime.format(rendering.now(), format);
  }

  private Object range(Arguments arguments) {
    Object[] given = arguments.bindPositional("range", 1, 3);
    BigInteger start = given[1] == null ? BigInteger.ZERO : whole(given[0]);
    BigInteger stop = whole(given[1] == null ? given[0] : given[1]);
    BigInteger step = given[2] == null ? BigInteger.ONE : whole(given[2]);
    if (step.signum() == 0) {
      throw EvaluationFailure.of("range() arg 3 must not be zero");
    }
    BigInteger distance = step.signum() > 0 ? stop.subtract(start) : start.subtract(stop);
    BigInteger size =
        distance.add(step.abs()).subtract(BigInteger.ONE).divide(step.abs()).max(BigInteger.ZERO);
    int most = rendering.limits().range();
    boolean fits = start.bitLength() < 62 && stop.bitLength() < 62 && step.bitLength() < 62;
    if (!fits || size.bitLength() > 31 || size.longValue() > most) {
      throw EvaluationFailure.limit("a range of more than " + most + " numbers");
    }
    int count = distance.signum() <= 0 ? 0 : size.intValue();
    return new Types.Range(start.longValue(), stop.longValue(), step.longValue(), count);
  }

  private static BigInteger whole(Object value) {
    BigInteger number = Types.intOf(value);
    if (number == null) {
      throw EvaluationFailure.of(
          "'" + Types.nameOf(value) + "' object cannot be interpreted as an integer");
    }
    return number;
  }

  private static DictValue dict(Arguments arguments) {
    DictValue dict = new DictValue();
    if (arguments.positional().size() > 1) {
      throw EvaluationFailure.of("dict expected at most 1 argument");
    }
    for (Object given : arguments.positional()) {
      List<Object> pairs =
          given instanceof DictValue other ? other.items() : Iteration.items(given);
      for (Object pair : pairs) {
        List<Object> both = Iteration.items(pair);
        if (both.size() != 2) {
          throw EvaluationFailure.of("dict takes pairs of key and value");
        }
        dict.put(both.get(0), both.get(1));
      }
    }
    arguments.named().forEach(dict::put);
    return dict;
  }

  private static Object namespace(Arguments arguments) {
    Types.Namespace namespace = new Types.Namespace();
    for (Map.Entry<Object, Object> entry : dict(arguments).entries()) {
      namespace.values().put(Printing.str(entry.getKey()), entry.getValue());
    }
    return namespace;
  }

  private static Types.Function joiner(Object separator) {
    boolean[] used = new boolean[1];
    return arguments -> {
      boolean first = !used[0];
      used[0] = true;
      return first ? "" : separator == null ? ", " : separator;
    };
  }

  /** {@code cycler(...)}: its values one after the other, and from the beginning again. */
  private static final class Cycler implements Types.WithAttributes {
    private final List<Object> values;
    private int place;

    Cycler(Arguments arguments) {
      values = arguments.positional();
      if (values.isEmpty()) {
        throw EvaluationFailure.of("at least one item has to be provided");
      }
    }

    @Override
    public Object attribute(String name) {
      return switch (name) {
        case "current" -> values.get(place);
        case "next" ->
            (Types.Function)
                arguments -> {
                  Object value = values.get(place);
                  place = (place + 1) % values.size();
                  return value;
                };
        case "reset" ->
            (Types.Function)
                arguments -> {
                  place = 0;
                  return None.NONE;
                };
        default -> null;
      };
    }
  }
}
