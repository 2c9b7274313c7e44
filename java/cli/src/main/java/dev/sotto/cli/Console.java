package dev.sotto.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.sotto.base.Json;
import dev.sotto.report.PlainText;
import dev.sotto.report.Report;
import java.io.PrintStream;
import java.util.Map;

/**
 * Where words go: results to stdout, notes and progress to stderr. With {@code --json} stdout gets
 * one JSON object and nothing else.
 */
final class Console {
  private final PrintStream out;
  private final PrintStream err;
  private final boolean json;
  private final boolean interactive;

  /**
   * @param json whether {@code --json} was given
   * @param interactive whether a person watches a terminal
   */
  Console(PrintStream out, PrintStream err, boolean json, boolean interactive) {
    this.out = out;
    this.err = err;
    this.json = json;
    this.interactive = interactive;
  }

  /** Whether a moving bar can be shown. */
  boolean movesBars() {
    return interactive && !json;
  }

  PrintStream err() {
    return err;
  }

  /** A line of the result for people; silent with {@code --json}. */
  void line(String text) {
    if (!json) {
      out.println(text);
    }
  }

  /** The result: lines for people, or with {@code --json} the facts for programs. */
  void print(Report report) {
    if (json) {
      result(report.fields());
    } else {
      out.print(PlainText.of(report));
    }
  }

  /** A line beside the result. */
  void note(String text) {
    err.println(text);
  }

  /** The result for programs, in the order to be printed; silent without {@code --json}. */
  void result(Map<String, ?> fields) {
    if (!json) {
      return;
    }
    try {
      out.println(Json.MAPPER.writeValueAsString(fields));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a result that is not JSON", e);
    }
  }
}
