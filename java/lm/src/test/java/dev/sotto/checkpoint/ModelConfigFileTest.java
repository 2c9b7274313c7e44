package dev.sotto.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.base.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class ModelConfigFileTest {
  @TempDir Path dir;

  private ModelConfigFile config(String json) throws IOException {
    Files.writeString(dir.resolve("config.json"), json);
    return ModelConfigFile.open(dir);
  }

  private static void refuses(String fault, Executable action) {
    String message = assertThrows(InputException.class, action).getMessage();
    assertTrue(message.contains("config.json") && message.contains(fault), message);
    assertEquals(1, message.lines().count());
  }

  @Test
  void getsValuesByTheFirstNamePresent() throws IOException {
    ModelConfigFile config =
        config(
            "{\"n_embd\":64,\"eps\":1e-5,\"tied\":true,\"type\":\"gpt2\",\"nothing\":null,"
                + "\"rope_scaling\":{\"factor\":8}}");
    assertEquals(64, config.requiredInt("hidden_size", "n_embd"));
    assertEquals(7, config.intOr(7, "nothing"));
    assertEquals(1e-5, config.requiredDouble("eps"));
    assertEquals(64, config.doubleOr(0, "n_embd"));
    assertEquals(0.5, config.doubleOr(0.5, "absent"));
    assertTrue(config.booleanOr(false, "tied"));
    assertFalse(config.booleanOr(false, "absent"));
    assertEquals("gpt2", config.requiredString("type"));
    assertNull(config.stringOr(null, "nothing"));
    assertEquals(8, config.child("rope_scaling").requiredInt("factor"));
    assertNull(config.child("nothing"));
    assertTrue(config.node("absent").isMissingNode());
  }

  @Test
  void namesTheFieldAndTheValue() throws IOException {
    ModelConfigFile config =
        config("{\"size\":\"big\",\"huge\":1e400,\"half\":1.5,\"large\":3000000000}");
    refuses(
        "no field 'hidden_size' or 'n_embd'", () -> config.requiredInt("hidden_size", "n_embd"));
    refuses("\"big\"", () -> config.requiredInt("size"));
    refuses("1.5", () -> config.intOr(1, "half"));
    refuses("3000000000", () -> config.requiredInt("large"));
    refuses("finite", () -> config.requiredDouble("huge"));
    refuses("true or false", () -> config.booleanOr(true, "size"));
    refuses("a string", () -> config.requiredString("half"));
    refuses("a JSON object", () -> config.child("half"));
  }

  @Test
  void refusesWhatIsNoConfiguration() throws IOException {
    refuses("no such file", () -> ModelConfigFile.open(dir));
    refuses("no directory", () -> ModelConfigFile.open(dir.resolve("absent")));
    refuses("not valid JSON", () -> config("{\"a\":NaN}"));
    refuses("not valid JSON", () -> config("{\"a\":1"));
    refuses("not valid JSON", () -> config("{} {}"));
    refuses("not a JSON object", () -> config("[]"));
    refuses("not a JSON object", () -> config(""));
  }
}
