package dev.sotto.study;

/** Hears how a study gets on. Called by one thread at a time. */
public interface StudyProgress {
  /** Hears nothing. */
  StudyProgress SILENT = new StudyProgress() {};

  /**
   * Once, before the first run.
   *
   * @param runs in the whole matrix
   * @param finished of them, by an earlier start
   */
  default void planned(int runs, int finished) {}

  /**
   * Now and then.
   *
   * @param done steps of all runs that this start does
   * @param steps planned for them
   */
  default void steps(long done, long steps) {}

  /**
   * After each run.
   *
   * @param result of the run
   * @param ended runs that have ended, with those of an earlier start
   * @param runs in the whole matrix
   */
  default void ended(RunResult result, int ended, int runs) {}
}
