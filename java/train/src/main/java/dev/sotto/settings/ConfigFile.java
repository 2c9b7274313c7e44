package dev.sotto.settings;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.base.AtomicFile;
import dev.sotto.base.FileFailure;
import dev.sotto.base.InputException;
import dev.sotto.base.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Settings in a file: one JSON object whose keys are the names of the command line, with {@code _}
 * or {@code -} between words. A relative path in it is relative to the file's folder. A value that
 * is a text is never quoted in a message: the file may be one of private records, named by mistake.
 */
public final class ConfigFile {
  private ConfigFile() {}

  /**
   * Reads a file.
   *
   * @param file JSON
   * @param table the settings it may hold
   * @throws InputException in one line with file, line, column, key and fix
   */
  public static Values read(Path file, List<Setting<?>> table) {
    JsonNode root = object(file, "name another with --config");
    Map<String, JsonLocation> places = places(file);
    Values values = Values.NONE;
    for (Map.Entry<String, JsonNode> field : root.properties()) {
      String where = file + ": " + place(places.get(field.getKey()));
      Setting<?> setting = find(table, field.getKey(), where);
      if (values.has(setting)) {
        throw new InputException(where + "key '" + field.getKey() + "' stands there twice");
      }
      if (!field.getValue().isNull()) {
        values = put(values, setting, field.getValue(), file, where);
      }
    }
    return values;
  }

  /**
   * The file's object.
   *
   * @param whenMissing what to do where there is no such file; the end of the message
   */
  public static JsonNode object(Path file, String whenMissing) {
    JsonNode root = Json.read(file, whenMissing);
    if (!root.isObject()) {
      throw new InputException(file + ": is no JSON object; begin it with {");
    }
    return root;
  }

  private static Setting<?> find(List<Setting<?>> table, String key, String where) {
    String name = key.replace('_', '-');
    return table.stream()
        .filter(setting -> setting.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new InputException(where + "key '" + key + "' is unknown; " + advice(table, name)));
  }

  /** The nearest name, or where to find them all. */
  private static String advice(List<Setting<?>> table, String name) {
    return nearest(table, name)
        .map(setting -> "did you mean '" + setting.key() + "'?")
        .orElse("the keys are the names that --help lists");
  }

  /** The setting whose name differs least from another; empty if all differ by a lot. */
  public static Optional<Setting<?>> nearest(List<Setting<?>> table, String name) {
    return Nearest.of(table.stream().map(Setting::name).toList(), name)
        .flatMap(near -> table.stream().filter(s -> s.name().equals(near)).findFirst());
  }

  private static <T> Values put(
      Values values, Setting<T> setting, JsonNode node, Path file, String where) {
    Optional<T> value = setting.read(node, file);
    if (value.isEmpty()) {
      throw new InputException(
          where
              + "key '"
              + setting.key()
              + "' is "
              + (node.isTextual() ? "another text" : node.isContainerNode() ? "no such" : node)
              + "; give "
              + setting.type().wanted());
    }
    return values.with(setting, value.get(), file + ": ");
  }

  /** Where each key of the object stands. */
  private static Map<String, JsonLocation> places(Path file) {
    Map<String, JsonLocation> places = new LinkedHashMap<>();
    try (JsonParser parser = Json.MAPPER.createParser(file.toFile())) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        places.put(parser.currentName(), parser.currentTokenLocation());
        parser.nextToken();
        parser.skipChildren();
      }
    } catch (IOException e) {
      throw FileFailure.cannotBeRead(file, e);
    }
    return places;
  }

  private static String place(JsonLocation at) {
    return "line " + at.getLineNr() + ", column " + at.getColumnNr() + ": ";
  }

  /**
   * Writes the effective settings, for {@code --config} to read: what was given, and defaults. What
   * concerns one call alone is left out.
   */
  public static void write(Path file, List<Setting<?>> table, Values values) {
    ObjectNode root = Json.object();
    for (Setting<?> setting : table) {
      boolean replaced =
          !values.has(setting)
              && table.stream()
                  .filter(values::has)
                  .anyMatch(
                      given ->
                          given.insteadOf().contains(setting.name())
                              || setting.insteadOf().contains(given.name()));
      if (setting.kept() != Kept.NOWHERE && !replaced) {
        put(root, setting, values, file);
      }
    }
    AtomicFile.write(file, Json.file(root));
  }

  private static <T> void put(ObjectNode root, Setting<T> setting, Values values, Path file) {
    values
        .find(setting)
        .ifPresent(value -> root.set(setting.key(), setting.type().toJson(seenFrom(file, value))));
  }

  /** A relative path as it is from the file's folder. */
  @SuppressWarnings("unchecked") // A path stays a path.
  private static <T> T seenFrom(Path file, T value) {
    if (!(value instanceof Path path) || path.isAbsolute()) {
      return value;
    }
    Path folder = file.toAbsolutePath().normalize().getParent();
    Path relative = folder.relativize(path.toAbsolutePath().normalize());
    return (T) (relative.toString().isEmpty() ? Path.of(".") : relative);
  }
}
