package dev.sotto.study;

/**
 * What became of one run.
 *
 * @param run the run
 * @param outcome null if it failed
 * @param trajectory null if it failed
 * @param error one line; null if it did not
 */
public record RunResult(StudyRun run, RunOutcome outcome, Trajectory trajectory, String error) {

  /** Whether the run came to its end. */
  public boolean finished() {
    return outcome != null;
  }

  /** The controller's part of the time of the run, of a finished run. */
  double controllerShare() {
    return trajectory.controllerSeconds() / outcome.seconds();
  }

  /** Perplexity against updates, of a finished run. */
  UtilityCurve curve() {
    return UtilityCurve.of(outcome, trajectory);
  }
}
