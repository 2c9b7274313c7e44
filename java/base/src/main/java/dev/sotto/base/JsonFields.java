package dev.sotto.base;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * One object of a configuration file, read key by key. Every failure is one line that names the
 * file, the key, the value and the fix. A key that nobody asked for is unknown.
 */
public final class JsonFields {
  private final Path file;
  private final String place;
  private final JsonNode node;
  private final JsonFields fallback;
  private final Set<String> asked;

  private JsonFields(
      Path file, String place, JsonNode node, JsonFields fallback, Set<String> asked) {
    this.file = file;
    this.place = place;
    this.node = node;
    this.fallback = fallback;
    this.asked = asked;
  }

  /** The whole file. */
  public static JsonFields of(Path file, JsonNode node) {
    return new JsonFields(file, "", node, null, new TreeSet<>());
  }

  /** An object inside, for example at {@code controllers[2]}. */
  public JsonFields inside(String at, JsonNode object) {
    return new JsonFields(file, at + ".", object, null, new TreeSet<>());
  }

  /** The same object, where a missing key is looked up in another. */
  public JsonFields or(JsonFields other) {
    return new JsonFields(file, place, node, other, asked);
  }

  /** Call it when everything was read. */
  public void refuseUnknown() {
    for (String key : (Iterable<String>) node::fieldNames) {
      if (!asked.contains(key)) {
        throw new InputException(
            file + ": key '" + place + key + "' is unknown; known are " + String.join(", ", asked));
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

  private JsonNode require(String key, String fix) {
    JsonNode value = get(key);
    if (value == null) {
      String where = fallback == null ? place : "";
      throw new InputException(file + ": key '" + where + key + "' is missing; give " + fix);
    }
    return value;
  }

  /** The failure of a value that is there. */
  public InputException wrong(String key, Object value, String fix) {
    // The key stands here or in the object behind this one.
    String where = node.hasNonNull(key.replaceFirst("\\[.*", "")) || fallback == null ? place : "";
    return new InputException(file + ": key '" + where + key + "' is " + value + "; give " + fix);
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

  /** A constant by its name in lower case, with hyphens. */
  public <E extends Enum<E>> E choiceOr(String key, E otherwise) {
    JsonNode value = get(key);
    if (value == null) {
      return otherwise;
    }
    List<String> words = new ArrayList<>();
    for (E constant : otherwise.getDeclaringClass().getEnumConstants()) {
      String word = constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
      if (word.equals(value.asText())) {
        return constant;
      }
      words.add(word);
    }
    throw wrong(key, value, "one of " + String.join(", ", words));
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

  /** A number above 0; {@code otherwise} may be null for none. */
  public double positive(String key, Double otherwise) {
    JsonNode value = otherwise == null ? require(key, "a number above 0") : get(key);
    return value == null ? otherwise : positive(key, value);
  }

  private double positive(String key, JsonNode value) {
    if (!value.isNumber() || !(value.doubleValue() > 0) || Double.isInfinite(value.doubleValue())) {
      throw wrong(key, value, "a number above 0");
    }
    return value.doubleValue();
  }

  public double notNegative(String key, double otherwise) {
    JsonNode value = get(key);
    if (value == null) {
      return otherwise;
    }
    if (!value.isNumber() || !(value.doubleValue() >= 0)) {
      throw wrong(key, value, "a number of at least 0");
    }
    return value.doubleValue();
  }

  /** A whole number of at least {@code least}; {@code otherwise} may be null for none. */
  public int whole(String key, Integer otherwise, int least) {
    String fix = "a whole number of at least " + least;
    JsonNode value = otherwise == null ? require(key, fix) : get(key);
    if (value == null) {
      return otherwise;
    }
    if (!value.canConvertToInt() || !value.isIntegralNumber() || value.intValue() < least) {
      throw wrong(key, value, fix);
    }
    return value.intValue();
  }

  public List<Double> positives(String key) {
    return list(key, require(key, "a list of numbers above 0"), e -> positive(key, e));
  }

  public List<Long> wholes(String key) {
    return list(
        key,
        require(key, "a list of whole numbers"),
        e -> {
          if (!e.canConvertToLong() || !e.isIntegralNumber()) {
            throw wrong(key, e, "whole numbers");
          }
          return e.longValue();
        });
  }

  public List<String> textsOr(String key, List<String> otherwise) {
    JsonNode value = get(key);
    return value == null ? otherwise : list(key, value, e -> asText(key, e));
  }

  public List<JsonNode> entries(String key, String fix) {
    return list(key, require(key, fix), e -> e);
  }

  private <T> List<T> list(String key, JsonNode value, Function<JsonNode, T> element) {
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
