package dev.sotto.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.sotto.base.FileFailure;
import dev.sotto.base.InputException;
import dev.sotto.base.Json;
import dev.sotto.report.PlainText;
import dev.sotto.report.Report;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/**
 * Where words go: results to stdout, notes and progress to stderr. With {@code --json} stdout gets
 * one JSON object and nothing else.
 */
final class Console {
  private final BufferedReader in;
  private final PrintStream out;
  private final PrintStream err;
  private final boolean json;
  private final boolean interactive;

  /**
   * @param in what a person or a pipe says
   * @param json whether {@code --json} was given
   * @param interactive whether a person watches a terminal
   */
  Console(InputStream in, PrintStream out, PrintStream err, boolean json, boolean interactive) {
    this.in = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
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

  /** Shows a person that it is their turn. */
  void prompt() {
    if (interactive && !json) {
      out.print("> ");
      out.flush();
    }
  }

  /** The next line that is said; empty where the input has ended. */
  Optional<String> read() {
    try {
      return Optional.ofNullable(in.readLine());
    } catch (IOException e) {
      throw new InputException("stdin cannot be read: " + FileFailure.why(e) + "; try a file");
    }
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

  /** The same for programs: one JSON object, in the order to be printed. */
  void note(Map<String, ?> fields) {
    err.println(json(fields));
  }

  /** The result for programs, in the order to be printed; silent without {@code --json}. */
  void result(Map<String, ?> fields) {
    if (json) {
      out.println(json(fields));
    }
  }

  private static String json(Map<String, ?> fields) {
    try {
      return Json.MAPPER.writeValueAsString(fields);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("fields that are not JSON", e);
    }
  }
}
