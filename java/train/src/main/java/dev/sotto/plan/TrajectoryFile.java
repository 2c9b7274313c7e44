package dev.sotto.plan;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.sotto.base.FileFailure;
import dev.sotto.base.InputException;
import dev.sotto.base.Json;
import dev.sotto.trainer.ControlRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code trajectory.jsonl}: a {@link ControlRecord} a line, in snake case. Holds chosen, released
 * and public values only.
 */
public final class TrajectoryFile {
  private static final JsonMapper JSON =
      Json.MAPPER.rebuild().propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE).build();

  private TrajectoryFile() {}

  /**
   * Adds an interval.
   *
   * @param file made if it is not there
   * @param record of the interval
   * @throws InputException if it cannot be written
   */
  static void append(Path file, ControlRecord record) {
    try {
      String line = JSON.writeValueAsString(record) + "\n";
      Files.writeString(
          file, line, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw FileFailure.cannotBeWritten(file, e);
    }
  }

  /**
   * Reads all intervals. A last line that a crash cut short is left out.
   *
   * @param file of a run
   * @return in order of steps
   * @throws InputException if it is missing or damaged
   */
  public static List<ControlRecord> read(Path file) {
    List<String> lines;
    try {
      lines = Files.readAllLines(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw FileFailure.cannotBeRead(file, e);
    }
    List<ControlRecord> records = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      ControlRecord record = record(lines.get(i));
      if (record != null) {
        records.add(record);
      } else if (i < lines.size() - 1) {
        throw new InputException(
            file + ": line " + (i + 1) + " is damaged; the run must be made again");
      }
    }
    return records;
  }

  /** Null if the line is none. */
  private static ControlRecord record(String line) {
    try {
      return JSON.readValue(line, ControlRecord.class);
    } catch (JsonProcessingException e) {
      return null;
    }
  }
}
