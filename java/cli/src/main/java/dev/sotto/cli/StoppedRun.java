package dev.sotto.cli;

import dev.sotto.plan.RunDirectory;

/**
 * Says how to go on with a run that a signal ends, such as Ctrl-C or that of a job's time limit.
 */
final class StoppedRun {
  private final RunDirectory directory;
  private final Console console;
  private final Thread hook = new Thread(this::say, "stopped-run");

  /** From now until {@link #forget}. */
  StoppedRun(RunDirectory directory, Console console) {
    this.directory = directory;
    this.console = console;
    Runtime.getRuntime().addShutdownHook(hook);
  }

  private void say() {
    String words = words(directory);
    if (!words.isEmpty()) {
      // A bar may stand on the line.
      console.note((console.movesBars() ? System.lineSeparator() : "") + "sotto: " + words);
    }
  }

  /** What to do; empty where nothing was begun. */
  static String words(RunDirectory directory) {
    if (!directory.begun()) {
      return "";
    }
    return directory.hasCheckpoint()
        ? "stopped; the same command with --resume goes on from the last checkpoint"
        : "stopped before the first checkpoint; the same command with --resume begins again, and"
            + " what was charged stays charged";
  }

  /** The run has ended by itself. */
  void forget() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // It is being said.
    }
  }
}
