package dev.sotto.base;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonTest {
  @TempDir Path dir;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"a\": 1, \"a\": Zanzibar}    | has two keys of one name: line 1",
        "{\"a\": Zanzibar}              | is no JSON: line 1",
        "{\"a\": 1} Zanzibar            | is no JSON: line 1",
      })
  void aFaultIsPlacedAndNothingIsQuoted(String text, String fault) throws IOException {
    Path file = Files.writeString(dir.resolve("f.json"), text);
    InputException e = assertThrows(InputException.class, () -> Json.read(file, "make it"));
    assertTrue(e.getMessage().startsWith(file + ": " + fault), e.getMessage());
    assertFalse(e.getMessage().contains("Zanzibar"), e.getMessage());
    assertEquals(null, e.getCause());
  }

  @Test
  void aMissingFileSaysWhatToDo() {
    Path file = dir.resolve("none");
    InputException e = assertThrows(InputException.class, () -> Json.read(file, "make it"));
    assertEquals(file + ": there is no such file; make it", e.getMessage());
  }

  @Test
  void whatIsWrittenIsRead() throws IOException {
    Path file = dir.resolve("f.json");
    Files.write(file, Json.file(Json.object().put("a", 0.1)));
    assertEquals(0.1, Json.read(file, "make it").get("a").doubleValue());
  }
}
