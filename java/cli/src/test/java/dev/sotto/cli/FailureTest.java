package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.sotto.base.InputException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** A message of foreign code may quote a record. */
class FailureTest {
  private static final String SECRET = "Zanzibar";

  private static String trace(Throwable thrown, boolean showValues) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    new Failure(thrown, showValues)
        .printTrace(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void aParsersMessageIsWithheldAndOursIsNot() {
    IOException parser = assertThrows(IOException.class, () -> new JsonMapper().readTree(SECRET));
    assertTrue(parser.getMessage().contains(SECRET), "else nothing is tested");
    parser.addSuppressed(new IOException(SECRET));
    Exception ours = new InputException("a.jsonl: line 1: is bad", parser);
    String shown = trace(ours, false);
    assertFalse(shown.contains(SECRET), shown);
    assertTrue(shown.contains("InputException: a.jsonl: line 1: is bad"), shown);
    assertTrue(
        shown.contains("Caused by: com.fasterxml.jackson") && shown.contains("\tat "), shown);
    assertTrue(trace(ours, true).contains(SECRET));
  }

  @Test
  void theFirstLineWithholdsToo() {
    NumberFormatException foreign =
        assertThrows(NumberFormatException.class, () -> Long.parseLong(SECRET));
    assertEquals("", new Failure(foreign, false).message());
    assertTrue(new Failure(foreign, true).message().contains(SECRET));
    assertEquals("ours", new Failure(new IllegalStateException("ours"), false).message());
  }

  @Test
  void pathsAreShown() {
    Path none = Path.of("no-such-directory", "file");
    IOException missing = assertThrows(IOException.class, () -> Files.readString(none));
    assertEquals(none.toString(), new Failure(missing, false).message());
  }

  @Test
  void aLoopOfCausesEnds() {
    Exception one = new Exception("one");
    Exception two = new Exception("two", one);
    one.initCause(two);
    assertTrue(trace(one, false).contains("Caused by"));
  }
}
