package dev.sotto.settings;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * What the values of a setting are: how they are read from a command line and from JSON, and
 * written.
 *
 * @param <T> of the values
 * @param wanted what a value must be, for messages: "a number above 0"
 * @param example a value; empty where {@code wanted} says enough
 * @param parse a text as a value; empty where it is none
 * @param json what kind of JSON node holds a value
 * @param text a value as {@code parse} reads it
 */
public record ValueType<T>(
    String wanted,
    String example,
    Function<String, Optional<T>> parse,
    Predicate<JsonNode> json,
    Function<T, String> text) {

  static final ValueType<String> TEXT =
      new ValueType<>(
          "a text in quotes", "", Optional::of, JsonNode::isTextual, Function.identity());

  static final ValueType<Boolean> FLAG =
      new ValueType<>(
          "true or false, without quotes",
          "",
          text -> Optional.of(Boolean.valueOf(text)),
          JsonNode::isBoolean,
          String::valueOf);

  static final ValueType<Path> PATH =
      new ValueType<>(
          "the path of a file or directory",
          "",
          text -> {
            try {
              return text.isBlank() ? Optional.empty() : Optional.of(Path.of(text));
            } catch (InvalidPathException e) {
              return Optional.empty();
            }
          },
          JsonNode::isTextual,
          Path::toString);

  static ValueType<Double> number(Range range) {
    return new ValueType<>(
        range.words(),
        range.example(),
        text -> {
          try {
            return Optional.of(Double.parseDouble(text)).filter(range::contains);
          } catch (NumberFormatException e) {
            return Optional.empty();
          }
        },
        JsonNode::isNumber,
        ValueType::plain);
  }

  /** Without a decimal point that says nothing: 16, 0.9, 1e-6. */
  private static String plain(double value) {
    return Double.toString(value).replaceFirst("\\.0(?=E|$)", "").replace('E', 'e');
  }

  static ValueType<Long> whole(long least, long most) {
    String range =
        least == Long.MIN_VALUE ? "" : String.format(Locale.ROOT, " from %,d to %,d", least, most);
    return new ValueType<>(
        least > Long.MIN_VALUE && most == Integer.MAX_VALUE
            ? "a whole number of at least " + least
            : "a whole number" + range,
        "",
        text -> {
          try {
            return Optional.of(Long.parseLong(text)).filter(v -> v >= least && v <= most);
          } catch (NumberFormatException e) {
            return Optional.empty();
          }
        },
        JsonNode::isIntegralNumber,
        String::valueOf);
  }

  static ValueType<Integer> wholeInt(int least, int most) {
    ValueType<Long> whole = whole(least, most);
    return new ValueType<>(
        whole.wanted,
        whole.example,
        text -> whole.parse.apply(text).map(Math::toIntExact),
        whole.json,
        String::valueOf);
  }

  static ValueType<String> word(List<String> words) {
    return new ValueType<>(
        "one of " + String.join(", ", words),
        "",
        text -> Optional.of(text).filter(words::contains),
        JsonNode::isTextual,
        Function.identity());
  }

  /** A constant by its name in lower case, with hyphens. */
  static <E extends Enum<E>> ValueType<E> choice(Class<E> type) {
    List<String> words = words(type);
    return new ValueType<>(
        "one of " + String.join(", ", words),
        "",
        text -> {
          int at = words.indexOf(text);
          return at < 0 ? Optional.empty() : Optional.of(type.getEnumConstants()[at]);
        },
        JsonNode::isTextual,
        ValueType::word);
  }

  static <E extends Enum<E>> List<String> words(Class<E> type) {
    return Arrays.stream(type.getEnumConstants()).map(ValueType::word).toList();
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Words with commas between them on a command line, a list in JSON. */
  static final ValueType<List<String>> TEXTS =
      new ValueType<>(
          "a list of texts",
          "",
          text -> Optional.of(split(text)),
          ValueType::isTexts,
          list -> String.join(",", list));

  /** Given several times on a command line, a list in JSON. */
  static final ValueType<List<Path>> PATHS =
      new ValueType<>(
          "a list of paths",
          "",
          text -> PATH.parse.apply(text).map(List::of),
          ValueType::isTexts,
          list -> list.stream().map(Path::toString).collect(Collectors.joining(" ")));

  private static List<String> split(String text) {
    return Arrays.stream(text.split(",")).map(String::strip).filter(t -> !t.isEmpty()).toList();
  }

  private static boolean isTexts(JsonNode node) {
    return node.isArray() && elements(node).allMatch(JsonNode::isTextual) || node.isTextual();
  }

  private static Stream<JsonNode> elements(JsonNode node) {
    return node.isArray() ? StreamSupport.stream(node.spliterator(), false) : Stream.of(node);
  }

  /** A value that JSON holds; empty where it holds something else. */
  Optional<T> ofJson(JsonNode node) {
    if (!json.test(node)) {
      return Optional.empty();
    }
    return elements(node)
        .map(element -> parse.apply(element.asText()))
        .reduce((first, second) -> first.flatMap(a -> second.map(b -> joined(a, b))))
        .orElseGet(() -> parse.apply(""));
  }

  /** Two values of a list given one after the other. */
  @SuppressWarnings("unchecked") // Only lists have more than one element.
  T joined(T first, T second) {
    List<Object> all = new ArrayList<>((List<Object>) first);
    all.addAll((List<Object>) second);
    return (T) List.copyOf(all);
  }

  /** The same value with relative paths taken from a file's folder. */
  @SuppressWarnings("unchecked") // A path stays a path, and a list of them one.
  T from(Path file, T value) {
    if (value instanceof Path path) {
      return (T) file.resolveSibling(path).normalize();
    }
    return this == (Object) PATHS
        ? (T) ((List<Path>) value).stream().map(p -> file.resolveSibling(p).normalize()).toList()
        : value;
  }

  /** A value as {@link #ofJson} reads it. */
  JsonNode toJson(T value) {
    JsonNodeFactory nodes = JsonNodeFactory.instance;
    if (value instanceof Boolean flag) {
      return nodes.booleanNode(flag);
    }
    if (value instanceof Double number) {
      return nodes.numberNode(number);
    }
    if (value instanceof Number whole) {
      return nodes.numberNode(whole.longValue());
    }
    if (value instanceof List<?> list) {
      return list.stream()
          .map(String::valueOf)
          .collect(nodes::arrayNode, (array, item) -> array.add(item), (a, b) -> a.addAll(b));
    }
    return nodes.textNode(text.apply(value));
  }
}
