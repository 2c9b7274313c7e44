package dev.sotto.base;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class InputExceptionTest {
  @Test
  void whatAFileHoldsNeitherEndsTheLineNorSteersATerminal() {
    assertEquals("tensor 'a b' \\u001b[2J", of("tensor 'a\r\n  b' \u001b[2J"));
    assertEquals("a b", of("a\u2028b"));
    assertEquals("\\u202egnp.exe", of("\u202egnp.exe"));
    assertEquals("Größe \uD83D\uDE00 \u200d", of("Größe \uD83D\uDE00 \u200d"));
    assertEquals("null", of(null));
  }

  @Test
  void aMessageOfNoEndIsCut() {
    assertEquals("x".repeat(2000), of("x".repeat(2000)));
    String cut = of("\u0000".repeat(1_000_000));
    assertEquals(2000, cut.length());
    assertTrue(cut.endsWith("..."), cut);
  }

  private static String of(String message) {
    return new InputException(message, new IllegalStateException()).getMessage();
  }
}
