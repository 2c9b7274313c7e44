package dev.sotto.template;

import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;

/** The methods of Python's str. */
final class TextMethods {
  /** Those that are there in Python and not here. */
  private static final Set<String> UNSUPPORTED =
      Set.of("encode", "expandtabs", "format_map", "isidentifier", "maketrans", "translate");

  private static final Set<String> NAMES =
      Set.of(
          "capitalize",
          "casefold",
          "center",
          "count",
          "endswith",
          "find",
          "format",
          "index",
          "isalnum",
          "isalpha",
          "isascii",
          "isdecimal",
          "isdigit",
          "islower",
          "isnumeric",
          "isprintable",
          "isspace",
          "istitle",
          "isupper",
          "join",
          "ljust",
          "lower",
          "lstrip",
          "partition",
          "removeprefix",
          "removesuffix",
          "replace",
          "rfind",
          "rindex",
          "rjust",
          "rpartition",
          "rsplit",
          "rstrip",
          "split",
          "splitlines",
          "startswith",
          "strip",
          "swapcase",
          "title",
          "upper",
          "zfill");

  private final String text;
  private final Limits limits;

  private TextMethods(String text, Limits limits) {
    this.text = text;
    this.limits = limits;
  }

  /** The method, or null where str has none of that name. */
  static Types.Function of(String text, String name, Limits limits) {
    if (NAMES.contains(name)) {
      return arguments -> new TextMethods(text, limits).call(name, arguments);
    }
    if (UNSUPPORTED.contains(name)) {
      return arguments -> {
        throw EvaluationFailure.unsupported("str." + name);
      };
    }
    return null;
  }

  private Object call(String name, Arguments arguments) {
    return switch (name) {
      case "split", "rsplit" -> new Splitting(text).split(name, arguments);
      case "splitlines" -> new Splitting(text).lines(arguments);
      case "format" -> BraceFormat.format(text, arguments, limits);
      case "capitalize" -> none(name, arguments, Casing.capitalize(text));
      case "casefold" -> none(name, arguments, Casing.folded(text));
      case "lower" -> none(name, arguments, Casing.lower(text));
      case "swapcase" -> none(name, arguments, Casing.swapped(text));
      case "title" -> none(name, arguments, Casing.title(text));
      case "upper" -> none(name, arguments, Casing.upper(text));
      case "strip", "lstrip", "rstrip" -> strip(name, arguments);
      case "startswith", "endswith" -> affix(name, arguments);
      case "count" -> count(arguments);
      case "find", "index", "rfind", "rindex" -> find(name, arguments);
      case "join" -> join(arguments);
      case "replace" -> replace(arguments);
      case "center", "ljust", "rjust" -> pad(name, arguments);
      case "zfill" -> zeroFill(arguments);
      case "removeprefix", "removesuffix" -> remove(name, arguments);
      case "partition", "rpartition" -> new Splitting(text).partition(name, arguments);
      default -> none(name, arguments, is(name));
    };
  }

  private static Object none(String name, Arguments arguments, Object result) {
    arguments.bindPositional(name, 0, 0);
    return result;
  }

  static String string(String name, Object value) {
    if (value instanceof String string) {
      return string;
    }
    throw EvaluationFailure.of(name + "() takes str, not " + Types.nameOf(value));
  }

  static boolean isAbsent(Object value) {
    return value == null || value == None.NONE;
  }

  private Object is(String name) {
    return switch (name) {
      case "isascii" -> text.codePoints().allMatch(point -> point < 128);
      case "isprintable" -> text.codePoints().allMatch(Text::isPrintable);
      case "isspace" -> all(Text::isSpace);
      case "isalpha" -> all(Character::isLetter);
      case "isdecimal" -> all(Character::isDigit);
      case "isdigit" -> all(TextMethods::isDigit);
      case "isnumeric" -> all(TextMethods::isNumeric);
      case "isalnum" -> all(point -> Character.isLetter(point) || isNumeric(point));
      case "islower" -> hasCase(Character::isLowerCase);
      case "isupper" -> hasCase(Character::isUpperCase);
      default -> isTitle();
    };
  }

  private boolean all(IntPredicate predicate) {
    return !text.isEmpty() && text.codePoints().allMatch(predicate);
  }

  private boolean hasCase(IntPredicate wanted) {
    return text.codePoints().anyMatch(wanted)
        && text.codePoints().filter(Casing::isCased).allMatch(wanted);
  }

  private boolean isTitle() {
    return text.codePoints().anyMatch(Casing::isCased) && Casing.title(text).equals(text);
  }

  /** Decimal digits, and the superscripts and circled ones that Unicode calls digits. */
  private static boolean isDigit(int point) {
    return Character.isDigit(point)
        || point == 0xb2
        || point == 0xb3
        || point == 0xb9
        || Character.getType(point) == Character.OTHER_NUMBER
            && Character.getNumericValue(point) >= 0
            && Character.getNumericValue(point) < 10
            && (point >= 0x2070 && point < 0x2090 || point >= 0x2460 && point < 0x2800);
  }

  private static boolean isNumeric(int point) {
    int type = Character.getType(point);
    return type == Character.DECIMAL_DIGIT_NUMBER
        || type == Character.LETTER_NUMBER
        || type == Character.OTHER_NUMBER;
  }

  private Object strip(String name, Arguments arguments) {
    Object characters = arguments.bindPositional(name, 0, 1)[0];
    return Text.strip(
        text,
        isAbsent(characters) ? null : string(name, characters),
        !name.equals("rstrip"),
        !name.equals("lstrip"));
  }

  /** The part between two bounds as Python's slices count them, or null where start is beyond. */
  private int[] part(Object start, Object end) {
    int length = Text.length(text);
    int from = isAbsent(start) ? 0 : bound(start, length);
    int to = isAbsent(end) ? length : Math.min(bound(end, length), length);
    return from > to ? null : new int[] {from, to};
  }

  private static int bound(Object value, int length) {
    int place = Types.clampedInt(value);
    return place >= 0 ? place : Math.max(0, place + length);
  }

  private Object affix(String name, Arguments arguments) {
    Object[] given = arguments.bindPositional(name, 1, 3);
    int[] part = part(given[1], given[2]);
    List<Object> wanted =
        given[0] instanceof Sequence.TupleValue tuple ? tuple.items() : List.of(given[0]);
    for (Object one : wanted) {
      String affix = string(name, one);
      if (part != null) {
        String within = Text.between(text, part[0], part[1]);
        if (name.equals("startswith") ? within.startsWith(affix) : within.endsWith(affix)) {
          return true;
        }
      }
    }
    return false;
  }

  private Object count(Arguments arguments) {
    Object[] given = arguments.bindPositional("count", 1, 3);
    String wanted = string("count", given[0]);
    int[] part = part(given[1], given[2]);
    if (part == null) {
      return Types.whole(0);
    }
    String within = Text.between(text, part[0], part[1]);
    if (wanted.isEmpty()) {
      return Types.whole(Text.length(within) + 1L);
    }
    int count = 0;
    for (int at = within.indexOf(wanted);
        at >= 0;
        at = within.indexOf(wanted, at + wanted.length())) {
      count++;
    }
    return Types.whole(count);
  }

  private Object find(String name, Arguments arguments) {
    Object[] given = arguments.bindPositional(name, 1, 3);
    String wanted = string(name, given[0]);
    int[] part = part(given[1], given[2]);
    int place = -1;
    if (part != null) {
      String within = Text.between(text, part[0], part[1]);
      int at = name.startsWith("r") ? within.lastIndexOf(wanted) : within.indexOf(wanted);
      place = at < 0 ? -1 : part[0] + Text.pointsBefore(within, at);
    }
    if (place < 0 && name.endsWith("index")) {
      throw EvaluationFailure.of("substring not found");
    }
    return Types.whole(place);
  }

  private Object join(Arguments arguments) {
    Object given = arguments.bindPositional("join", 1, 1)[0];
    StringBuilder out = new StringBuilder();
    boolean first = true;
    for (Object item : Iteration.items(given)) {
      if (!first) {
        out.append(text);
      }
      first = false;
      out.append(string("join", item));
      limits.requireCharacters(out.length());
    }
    return out.toString();
  }

  private Object replace(Arguments arguments) {
    Object[] given = arguments.bindPositional("replace", 2, 3);
    int most = given[2] == null ? -1 : Types.clampedInt(given[2]);
    return replace(text, string("replace", given[0]), string("replace", given[1]), most, limits);
  }

  /** The first ones replaced, all of them for a negative number. */
  static String replace(String text, String old, String by, int most, Limits limits) {
    StringBuilder out = new StringBuilder();
    int start = 0;
    for (int done = 0; done != most; done++) {
      int at = text.indexOf(old, start);
      if (at < 0) {
        break;
      }
      out.append(text, start, at).append(by);
      limits.requireCharacters(out.length());
      start = at + old.length();
      if (old.isEmpty()) {
        // Before every character and at the end.
        if (start == text.length()) {
          break;
        }
        int next = text.offsetByCodePoints(start, 1);
        out.append(text, start, next);
        start = next;
      }
    }
    return out.append(text, start, text.length()).toString();
  }

  private Object pad(String name, Arguments arguments) {
    Object[] given = arguments.bindPositional(name, 1, 2);
    String fill = given[1] == null ? " " : string(name, given[1]);
    if (Text.length(fill) != 1) {
      throw EvaluationFailure.of("The fill character must be exactly one character long");
    }
    return pad(name, text, Types.clampedInt(given[0]), fill, limits);
  }

  /** To a width; {@code center} puts the odd one left where the width is odd, as Python does. */
  static String pad(String how, String text, int width, String fill, Limits limits) {
    int missing = Math.max(0, width - Text.length(text));
    limits.requireCharacters((long) text.length() + missing);
    int left =
        switch (how) {
          case "center" -> missing / 2 + (missing & width & 1);
          case "ljust" -> 0;
          default -> missing;
        };
    return fill.repeat(left) + text + fill.repeat(missing - left);
  }

  private Object zeroFill(Arguments arguments) {
    int width = Types.clampedInt(arguments.bindPositional("zfill", 1, 1)[0]);
    boolean signed = text.startsWith("-") || text.startsWith("+");
    String sign = signed ? text.substring(0, 1) : "";
    return sign + pad("rjust", text.substring(sign.length()), width - sign.length(), "0", limits);
  }

  private Object remove(String name, Arguments arguments) {
    String affix = string(name, arguments.bindPositional(name, 1, 1)[0]);
    if (name.equals("removeprefix")) {
      return text.startsWith(affix) ? text.substring(affix.length()) : text;
    }
    return text.endsWith(affix) ? text.substring(0, text.length() - affix.length()) : text;
  }
}
