package dev.sotto.base;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * One object of JSON, read key by key. Every failure is one line that names the file, the key, the
 * value and the fix. A key that nobody asked for is unknown.
 */
public final class JsonFields {
  private static final int MOST_SHOWN = 60;

  private final Path file;
  private final Function<String, RuntimeException> failure;
  private final String place;
  private final JsonNode node;
  private final JsonFields fallback;
  private Set<String> asked = new TreeSet<>();

  private JsonFields(
      Path file,
      Function<String, RuntimeException> failure,
      String place,
      JsonNode node,
      JsonFields fallback) {
    this.file = file;
    this.failure = failure;
    this.place = place;
    this.node = node;
    this.fallback = fallback;
  }

  /** The whole file. */
  public static JsonFields of(Path file, JsonNode node) {
    return new JsonFields(file, said -> new InputException(file + ": " + said), "", node, null);
  }

  /**
   * An object of which something else knows where it stands. It holds no relative paths.
   *
   * @throws IllegalArgumentException if it is no object, as all failures are
   */
  public static JsonFields of(JsonNode node) {
    if (!node.isObject()) {
      throw new IllegalArgumentException("is no JSON object");
    }
    return new JsonFields(null, IllegalArgumentException::new, "", node, null);
  }

  /** An object inside, for example at {@code controllers[2]}. */
  public JsonFields inside(String at, JsonNode object) {
    return new JsonFields(file, failure, place + at + ".", object, null);
  }

  /** The same object, where a missing key is looked up in another. */
  public JsonFields or(JsonFields other) {
    JsonFields either = new JsonFields(file, failure, place, node, other);
    either.asked = asked;
    return either;
  }

  /** Call it when everything was read. */
  public void refuseUnknown() {
    for (String key : (Iterable<String>) node::fieldNames) {
      if (!asked.contains(key)) {
        throw failure.apply(
            "key '" + place + key + "' is unknown; known are " + String.join(", ", asked));
      }
    }
  }

  /** Null if the key is missing or null. */
  public JsonNode get(String key) {
    asked.add(key);
    JsonNode value = node.get(key);
    if (value != null && !value.isNull()) {
      return value;
    }
    return fallback == null ? null : fallback.get(key);
  }

  /** A value that must be there. */
  public JsonNode require(String key, String fix) {
    JsonNode value = get(key);
    if (value == null) {
      String where = fallback == null ? place : "";
      throw failure.apply("key '" + where + key + "' is missing; give " + fix);
    }
    return value;
  }

  /** The failure of a value that is there. */
  public RuntimeException wrong(String key, Object value, String fix) {
    // The key stands here or in the object behind this one.
    String where = node.hasNonNull(key.replaceFirst("\\[.*", "")) || fallback == null ? place : "";
    return failure.apply("key '" + where + key + "' is " + shown(value) + "; give " + fix);
  }

  /** A text, which may be empty. */
  public String string(String key) {
    JsonNode value = require(key, "a string");
    if (!value.isTextual()) {
      throw wrong(key, value, "a string in quotes");
    }
    return value.textValue();
  }

  private static String shown(Object value) {
    String text = String.valueOf(value);
    return value instanceof JsonNode && text.length() > MOST_SHOWN
        ? text.substring(0, MOST_SHOWN) + "..."
        : text;
  }

  public String text(String key) {
    return asText(key, require(key, "a text"));
  }

  public String textOr(String key, String otherwise) {
    JsonNode value = get(key);
    return value == null ? otherwise : asText(key, value);
  }

  private String asText(String key, JsonNode value) {
    if (!value.isTextual() || value.textValue().isEmpty()) {
      throw wrong(key, value, "a text in quotes");
    }
    return value.textValue();
  }

  /** True or false. */
  public boolean flag(String key) {
    require(key, "true or false");
    return flagOr(key, false);
  }

  public boolean flagOr(String key, boolean otherwise) {
    JsonNode value = get(key);
    if (value == null) {
      return otherwise;
    }
    if (!value.isBoolean()) {
      throw wrong(key, value, "true or false, without quotes");
    }
    return value.booleanValue();
  }

  /** A finite number; null is none. */
  public double number(String key) {
    JsonNode value = node.has(key) ? node.get(key) : require(key, "a number");
    asked.add(key);
    return number(key, value);
  }

  private double number(String key, JsonNode value) {
    if (!value.isNumber() || !Double.isFinite(value.doubleValue())) {
      throw wrong(key, shown(value) + ", not a number", "a finite one without quotes");
    }
    return value.doubleValue();
  }

  /** A finite number, or null if the key is missing or null. */
  public Double numberOrNull(String key) {
    JsonNode value = get(key);
    return value == null ? null : number(key, value);
  }

  /** A whole number that fits an int. */
  public int whole(String key) {
    String fix = "a whole number below 2^31";
    JsonNode value = require(key, fix);
    if (!value.canConvertToInt() || !value.isIntegralNumber()) {
      throw wrong(key, value, fix);
    }
    return value.intValue();
  }

  /** A whole number that fits a long. */
  public long count(String key) {
    return count(key, require(key, "a whole number"));
  }

  private long count(String key, JsonNode value) {
    if (!value.canConvertToLong() || !value.isIntegralNumber()) {
      throw wrong(key, value, "a whole number");
    }
    return value.longValue();
  }

  /** Finite numbers, in order. */
  public double[] numbers(String key) {
    return elements(key, "a list of numbers").mapToDouble(e -> number(key, e)).toArray();
  }

  /** Whole numbers that fit longs, in order. */
  public long[] counts(String key) {
    return elements(key, "a list of whole numbers").mapToLong(e -> count(key, e)).toArray();
  }

  /** What a list holds, in order; it may be empty. */
  public Stream<JsonNode> elements(String key, String fix) {
    JsonNode value = require(key, fix);
    if (!value.isArray()) {
      throw wrong(key, value, fix);
    }
    return StreamSupport.stream(value.spliterator(), false);
  }

  /** An object inside that must be there. */
  public JsonFields object(String key) {
    JsonNode value = require(key, "a JSON object");
    if (!value.isObject()) {
      throw wrong(key, value, "a JSON object");
    }
    return inside(key, value);
  }

  /** An object inside; null if the key is missing or null. */
  public JsonFields objectOrNull(String key) {
    return get(key) == null ? null : object(key);
  }

  public List<JsonNode> entries(String key, String fix) {
    return list(key, fix, e -> e);
  }

  /** What a list of at least one entry holds, in order, no two alike. */
  public <T> List<T> list(String key, String fix, Function<JsonNode, T> element) {
    JsonNode value = require(key, fix);
    if (!value.isArray() || value.isEmpty()) {
      throw wrong(key, value, "a list with at least one entry");
    }
    Set<T> elements = new LinkedHashSet<>();
    for (JsonNode entry : value) {
      if (!elements.add(element.apply(entry))) {
        throw wrong(key, value, "each entry once; " + entry + " stands there twice");
      }
    }
    return List.copyOf(elements);
  }

  /** Relative to the directory of the file; null if there is none. */
  public Path pathOrNull(String key) {
    String text = textOr(key, null);
    return text == null ? null : resolve(key, text);
  }

  public Path path(String key) {
    return resolve(key, text(key));
  }

  private Path resolve(String key, String text) {
    try {
      return file.toAbsolutePath().resolveSibling(text).normalize();
    } catch (InvalidPathException e) {
      throw wrong(key, "'" + text + "'", "the path of a file");
    }
  }

  /** Runs a constructor that checks its values, and says where they came from. */
  public <T> T checked(Supplier<T> constructor) {
    try {
      return constructor.get();
    } catch (IllegalArgumentException | InputException e) {
      if (e.getMessage().startsWith(file + ": ")) {
        throw e;
      }
      String at = place.isEmpty() ? "" : "key '" + place.substring(0, place.length() - 1) + "': ";
      throw new InputException(file + ": " + at + e.getMessage(), e);
    }
  }
}
