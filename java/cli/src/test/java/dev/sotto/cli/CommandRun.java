package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** One call of the command, with what it printed. */
record CommandRun(int code, String out, String err) {

  static CommandRun of(String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code =
        Sotto.run(
            args,
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    return new CommandRun(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  static CommandRun of(List<String> args) {
    return of(args.toArray(String[]::new));
  }

  CommandRun succeeded() {
    assertEquals(0, code, err);
    return this;
  }

  /** An answer that is no: exit code 3, the answer on stdout, one line that holds all the words. */
  CommandRun answeredNo(String... words) {
    assertEquals(3, code, out + err);
    assertFalse(out.isEmpty());
    assertEquals(1, err.lines().count(), err);
    for (String word : words) {
      assertTrue(err.startsWith("sotto: ") && err.contains(word), "'" + word + "' in: " + err);
    }
    return this;
  }

  /** It succeeded and printed these words. */
  void said(String... words) {
    succeeded();
    for (String word : words) {
      assertTrue(out.contains(word), "'" + word + "' in: " + out);
    }
  }

  /** Bad input: exit code 2, nothing on stdout, and one line on stderr that holds all the words. */
  void refused(String... words) {
    assertEquals(2, code, out + err);
    assertEquals("", out);
    List<String> lines = err.lines().filter(line -> line.startsWith("sotto: ")).toList();
    assertEquals(1, lines.size(), err);
    assertTrue(err.endsWith(lines.get(0) + System.lineSeparator()), err);
    for (String word : words) {
      assertTrue(lines.get(0).contains(word), "'" + word + "' in: " + lines.get(0));
    }
  }

  /** The one JSON object that is all of stdout. */
  JsonNode json() {
    return succeeded().object();
  }

  /** The same whatever the exit code. */
  JsonNode object() {
    assertEquals(1, out.lines().count(), out);
    try {
      return new JsonMapper().readTree(out);
    } catch (JsonProcessingException e) {
      throw new AssertionError(out, e);
    }
  }
}
