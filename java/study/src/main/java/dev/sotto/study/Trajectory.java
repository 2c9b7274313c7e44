package dev.sotto.study;

import dev.sotto.base.InputException;
import dev.sotto.plan.RunDirectory;
import dev.sotto.plan.TrajectoryFile;
import dev.sotto.trainer.ControlRecord;
import java.nio.file.Path;
import java.util.List;

/**
 * What a run under a controller wrote down after each interval.
 *
 * @param intervals in the order of the steps; at least one
 */
public record Trajectory(List<ControlRecord> intervals) {
  /** Copies the list. */
  public Trajectory {
    intervals = List.copyOf(intervals);
  }

  /**
   * Reads that of a finished run.
   *
   * @param directory of the run
   * @return what its file holds
   * @throws InputException if the file is missing, empty or damaged
   */
  static Trajectory read(Path directory) {
    Path file = new RunDirectory(directory).trajectory();
    List<ControlRecord> intervals = TrajectoryFile.read(file);
    if (intervals.isEmpty()) {
      throw new InputException(
          file + ": is empty; delete " + directory + ", so that the run is done again");
    }
    return new Trajectory(intervals);
  }

  /** Time that the controller took to decide and learn, in seconds. */
  public double controllerSeconds() {
    return intervals.stream().mapToDouble(ControlRecord::controllerSeconds).sum();
  }
}
