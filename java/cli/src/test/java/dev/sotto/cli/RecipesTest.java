package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The changes that CONTRIBUTING shows in full still fit the code that they change. */
class RecipesTest {
  private static final Path ROOT = Path.of(System.getProperty("sotto.root"));

  @TempDir Path temp;

  @ParameterizedTest
  @ValueSource(strings = {"add-a-setting", "add-a-native-op", "add-an-architecture"})
  void fits(String name) throws IOException {
    Path patch = ROOT.resolve("docs/recipes").resolve(name + ".patch");
    assertEquals("", refusal(patch), "make the recipe anew: " + patch);
  }

  @Test
  void whatNoLongerFitsIsFound() throws IOException {
    String patch = Files.readString(ROOT.resolve("docs/recipes/add-a-setting.patch"));
    Path other = temp.resolve("other.patch");
    Files.writeString(other, patch.replace("WEIGHT_DECAY,", "WEIGHT_GAIN,"));
    assertThrows(AssertionError.class, () -> assertEquals("", refusal(other)));
  }

  /** What git says against applying a change to this tree; nothing is written. */
  private static String refusal(Path patch) throws IOException {
    Process git;
    try {
      git =
          new ProcessBuilder("git", "apply", "--check", "-C1", patch.toString())
              .directory(ROOT.toFile())
              .redirectErrorStream(true)
              .start();
    } catch (IOException e) {
      return Assumptions.abort("there is no git to apply a change with");
    }
    try (InputStream told = git.getInputStream()) {
      return new String(told.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
