package dev.sotto.plan;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.sotto.base.FileFailure;
import dev.sotto.base.InputException;
import dev.sotto.base.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** A file of a run that grows by a line of JSON, an object in snake case each. */
final class JsonLines {
  private static final JsonMapper JSON =
      Json.MAPPER.rebuild().propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE).build();

  private JsonLines() {}

  /**
   * Adds a line.
   *
   * @param file made if it is not there
   * @throws InputException if it cannot be written
   */
  static void append(Path file, Object value) {
    try {
      String line = JSON.writeValueAsString(value) + "\n";
      Files.writeString(
          file, line, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw FileFailure.cannotBeWritten(file, e);
    }
  }

  /**
   * Reads all lines. A last one that a crash cut short is left out.
   *
   * @throws InputException if the file is missing or damaged
   */
  static <T> List<T> read(Path file, Class<T> type) {
    List<String> lines;
    try {
      lines = Files.readAllLines(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw FileFailure.cannotBeRead(file, e);
    }
    List<T> values = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      T value = value(lines.get(i), type);
      if (value != null) {
        values.add(value);
      } else if (i < lines.size() - 1) {
        throw new InputException(
            file + ": line " + (i + 1) + " is damaged; the run must be made again");
      }
    }
    return values;
  }

  /** Null if the line is none. */
  private static <T> T value(String line, Class<T> type) {
    try {
      return JSON.readValue(line, type);
    } catch (JsonProcessingException e) {
      return null;
    }
  }
}
