package dev.sotto.study;

import java.nio.file.Path;
import java.util.function.LongConsumer;

/** Does one run. Called by several threads at a time. */
@FunctionalInterface
public interface StudyRunner {
  /**
   * Runs to the end, from the beginning whatever an interrupted call left behind. Leaves the {@code
   * trajectory.jsonl} of a run under a controller.
   *
   * @param run settings
   * @param directory of the run; new, or as the interrupted call left it
   * @param steps hears the number of steps done, now and then
   * @return what it came to
   */
  RunOutcome run(StudyRun run, Path directory, LongConsumer steps);
}
