package dev.sotto.study;

import java.nio.file.Path;
import java.util.function.LongConsumer;

/** Does one run. Called by several threads at a time. */
@FunctionalInterface
public interface StudyRunner {
  /**
   * Runs to the end, or goes on with what an earlier, interrupted call left behind. Writes {@link
   * Trajectory#FILE_NAME} among other things.
   *
   * @param run settings
   * @param directory of the run; new, or as the interrupted call left it
   * @param steps hears the number of steps done, now and then
   * @return what it came to
   */
  RunOutcome run(StudyRun run, Path directory, LongConsumer steps);
}
