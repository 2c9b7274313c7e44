package dev.sotto.plan;

import dev.sotto.base.InputException;
import dev.sotto.trainer.ControlRecord;
import java.nio.file.Path;
import java.util.List;

/**
 * {@code trajectory.jsonl}: a {@link ControlRecord} a line, in snake case. Holds chosen, released
 * and public values only.
 */
public final class TrajectoryFile {
  private TrajectoryFile() {}

  /**
   * Adds an interval.
   *
   * @param file made if it is not there
   * @param record of the interval
   * @throws InputException if it cannot be written
   */
  static void append(Path file, ControlRecord record) {
    JsonLines.append(file, record);
  }

  /**
   * Reads all intervals. A last line that a crash cut short is left out.
   *
   * @param file of a run
   * @return in order of steps
   * @throws InputException if it is missing or damaged
   */
  public static List<ControlRecord> read(Path file) {
    return JsonLines.read(file, ControlRecord.class);
  }
}
