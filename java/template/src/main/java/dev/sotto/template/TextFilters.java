package dev.sotto.template;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The filters that give a text. Whatever they are applied to is printed first, None too. */
final class TextFilters {
  static final Set<String> NAMES =
      Set.of(
          "capitalize",
          "center",
          "format",
          "indent",
          "lower",
          "replace",
          "title",
          "trim",
          "truncate",
          "upper",
          "urlencode",
          "wordcount");

  /** Where a word begins: behind spaces, hyphens and opening brackets. */
  private static final Pattern WORD_BREAK =
      Pattern.compile(
          "[-\\s\\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000({\\[<]+");

  private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}_]+");

  private final Limits limits;

  TextFilters(Limits limits) {
    this.limits = limits;
  }

  Object apply(String name, Arguments arguments) {
    Object value = arguments.positional().get(0);
    if (value instanceof Types.Markup) {
      throw EvaluationFailure.unsupported("the filter '" + name + "' on what is escaped");
    }
    String text = Printing.str(value);
    return switch (name) {
      case "trim" -> trim(text, arguments);
      case "upper" -> only(name, arguments, Casing.upper(text));
      case "lower" -> only(name, arguments, Casing.lower(text));
      case "capitalize" -> only(name, arguments, Casing.capitalize(text));
      case "title" -> only(name, arguments, title(text));
      case "wordcount" -> only(name, arguments, Types.whole(WORD.matcher(text).results().count()));
      case "center" -> {
        Object width = arguments.bind(name, 1, "value", "width")[1];
        yield TextMethods.pad(
            name, text, width == null ? 80 : Types.clampedInt(width), " ", limits);
      }
      case "replace" -> replace(text, arguments);
      case "indent" -> indent(value, arguments);
      case "truncate" -> truncate(value, arguments);
      case "format" -> format(text, arguments.from(1));
      default -> urlEncoded(value, arguments);
    };
  }

  private static Object only(String name, Arguments arguments, Object result) {
    arguments.bind(name, 1, "s");
    return result;
  }

  private static String trim(String text, Arguments arguments) {
    Object characters = arguments.bind("trim", 1, "value", "chars")[1];
    if (characters == null || characters == None.NONE) {
      return Text.strip(text, null, true, true);
    }
    if (!(characters instanceof String wanted)) {
      throw EvaluationFailure.of("strip arg must be None or str");
    }
    return Text.strip(text, wanted, true, true);
  }

  private static String title(String text) {
    StringBuilder out = new StringBuilder();
    Matcher breaks = WORD_BREAK.matcher(text);
    int start = 0;
    while (breaks.find()) {
      out.append(word(text.substring(start, breaks.start()))).append(breaks.group());
      start = breaks.end();
    }
    return out.append(word(text.substring(start))).toString();
  }

  private static String word(String word) {
    if (word.isEmpty()) {
      return word;
    }
    int first = word.offsetByCodePoints(0, 1);
    return Casing.upper(word.substring(0, first)) + Casing.lower(word.substring(first));
  }

  private String replace(String text, Arguments arguments) {
    Object[] given = arguments.bind("replace", 3, "s", "old", "new", "count");
    int most = given[3] == null || given[3] == None.NONE ? -1 : Types.clampedInt(given[3]);
    return TextMethods.replace(text, Printing.str(given[1]), Printing.str(given[2]), most, limits);
  }

  private String indent(Object value, Arguments arguments) {
    Object[] given = arguments.bind("indent", 1, "s", "width", "first", "blank");
    if (!(value instanceof String text)) {
      throw EvaluationFailure.of("indent takes str, not " + Types.nameOf(value));
    }
    String step = given[1] instanceof String own ? own : null;
    if (step == null) {
      int width = given[1] == null ? 4 : Types.clampedInt(given[1]);
      limits.requireCharacters(width);
      step = " ".repeat(Math.max(0, width));
    }
    boolean first = given[2] != null && Equality.isTrue(given[2]);
    boolean blank = given[3] != null && Equality.isTrue(given[3]);
    Object lines = TextMethods.of(text + "\n", "splitlines", limits).call(Arguments.NONE);
    StringBuilder out = new StringBuilder();
    boolean beginning = true;
    for (Object each : Iteration.items(lines)) {
      String line = (String) each;
      if (beginning) {
        out.append(first ? step : "").append(line);
      } else {
        out.append('\n').append(blank || !line.isEmpty() ? step : "").append(line);
      }
      beginning = false;
      limits.requireCharacters(out.length());
    }
    return out.toString();
  }

  private static Object truncate(Object value, Arguments arguments) {
    Object[] given = arguments.bind("truncate", 1, "s", "length", "killwords", "end", "leeway");
    int length = given[1] == null ? 255 : Types.clampedInt(given[1]);
    String end = given[3] == null ? "..." : Printing.str(given[3]);
    int leeway = given[4] == null || given[4] == None.NONE ? 5 : Types.clampedInt(given[4]);
    if (length < Text.length(end) || leeway < 0) {
      throw EvaluationFailure.of("truncate: expected a length of at least that of the end");
    }
    // What is short enough stays as it is, whatever it is.
    if (Iteration.length(value) <= (long) length + leeway) {
      return value;
    }
    if (!(value instanceof String text)) {
      throw EvaluationFailure.of("truncate takes str, not " + Types.nameOf(value));
    }
    String cut = Text.between(text, 0, length - Text.length(end));
    boolean killWords = given[2] != null && Equality.isTrue(given[2]);
    int space = killWords ? -1 : cut.lastIndexOf(' ');
    return (space < 0 ? cut : cut.substring(0, space)) + end;
  }

  private String format(String text, Arguments given) {
    if (!given.named().isEmpty() && !given.positional().isEmpty()) {
      throw EvaluationFailure.of("can't handle positional and keyword arguments at the same time");
    }
    DictValue named = new DictValue();
    given.named().forEach(named::put);
    return PercentFormat.format(
        text,
        given.named().isEmpty() ? new Sequence.TupleValue(given.positional()) : named,
        limits);
  }

  private static String urlEncoded(Object value, Arguments arguments) {
    arguments.bind("urlencode", 1, "value");
    if (value instanceof String || !Iteration.isIterable(value)) {
      return quoted(Printing.str(value)).replace("%2F", "/");
    }
    List<Object> pairs = value instanceof DictValue dict ? dict.items() : Iteration.items(value);
    List<String> parts = new ArrayList<>();
    for (Object pair : pairs) {
      List<Object> both = Iteration.items(pair);
      if (both.size() != 2) {
        throw EvaluationFailure.of("urlencode takes pairs");
      }
      Map.Entry<String, String> texts =
          Map.entry(Printing.str(both.get(0)), Printing.str(both.get(1)));
      parts.add(
          quoted(texts.getKey()).replace("%20", "+")
              + "="
              + quoted(texts.getValue()).replace("%20", "+"));
    }
    return String.join("&", parts);
  }

  /** All but letters, digits and {@code _.-~}, by the bytes of UTF-8. */
  private static String quoted(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8)
        .replace("+", "%20")
        .replace("*", "%2A")
        .replace("%7E", "~");
  }
}
