package dev.sotto.cli;

import java.io.PrintStream;
import java.nio.file.FileSystemException;

/**
 * What may be shown of a failure. Sotto's own messages quote no private record, and those of the
 * file system name paths alone. A message of any other code, such as a parser's, may quote what it
 * was working on, which may be a record: of those the class is shown and the message withheld,
 * unless whoever runs the command may see the records.
 *
 * @param thrown the failure
 * @param showValues whether messages may quote records
 */
record Failure(Throwable thrown, boolean showValues) {
  private static final String OWN = "dev.sotto.";

  /** The message, or nothing where it is withheld. */
  String message() {
    boolean shown = thrown.getMessage() != null && (showValues || isHarmless());
    return shown ? thrown.getMessage() : "";
  }

  private boolean isHarmless() {
    StackTraceElement[] frames = thrown.getStackTrace();
    return frames.length > 0 && frames[0].getClassName().startsWith(OWN)
        || thrown instanceof FileSystemException
        || thrown instanceof LinkageError
        || thrown instanceof OutOfMemoryError;
  }

  /** The stack of the failure and of those behind it. */
  void printTrace(PrintStream err) {
    print("", err);
    int depth = 0;
    // A chain of causes can have a loop; nobody reads further than this.
    for (Throwable cause = thrown.getCause(); cause != null && depth < 16; depth++) {
      new Failure(cause, showValues).print("Caused by: ", err);
      cause = cause.getCause();
    }
  }

  private void print(String before, PrintStream err) {
    String withheld =
        thrown.getMessage() == null
            ? ""
            : " (message withheld, as it may quote a record; --show-values prints it)";
    String message = message();
    err.println(
        before + thrown.getClass().getName() + (message.isEmpty() ? withheld : ": " + message));
    for (StackTraceElement frame : thrown.getStackTrace()) {
      err.println("\tat " + frame);
    }
    for (Throwable suppressed : thrown.getSuppressed()) {
      err.println("\tSuppressed: " + suppressed.getClass().getName());
    }
  }
}
