package dev.sotto.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.base.InputException;
import dev.sotto.settings.ConfigFile;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Settings from a file: the same values as from a command line, or one line of what is wrong. */
class ConfigFileTest {
  private static final List<Setting<?>> TABLE = Section.flatten(FinetuneOptions.TABLE);

  @TempDir Path dir;

  private Path file(String text) throws IOException {
    return Files.writeString(dir.resolve("run.json"), text);
  }

  @Test
  void readsEveryTypeUnderTheNamesOfTheCommandLine() throws IOException {
    Values values =
        ConfigFile.read(
            file(
                """
                {"model": "base", "epsilon": 4, "max-length": 32, "max_blocks_per_unit": 2,
                 "decay": "cosine", "target_modules": ["q_proj", "v_proj"], "no_privacy": false,
                 "seed": -7, "adapter": null}
                """),
            TABLE);
    assertEquals(dir.resolve("base"), values.get(FinetuneOptions.MODEL), "from the file's folder");
    assertEquals(4.0, values.get(Privacy.EPSILON));
    assertEquals(32, values.get(DataOptions.MAX_LENGTH));
    assertEquals(2, values.get(DataOptions.MAX_BLOCKS_PER_UNIT));
    assertEquals(List.of("q_proj", "v_proj"), values.get(FinetuneOptions.TARGET_MODULES));
    assertEquals(-7L, values.get(TrainingOptions.SEED));
    assertFalse(values.has(FinetuneOptions.ADAPTER));
    assertEquals(0.001, values.get(TrainingOptions.LEARNING_RATE), "a default");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{`epsilom`: 4} | line 1, column 2 | did you mean 'epsilon'?",
        "{`model`: `m`,\\n  `epsilon`: `4`} | line 2, column 3 | 'epsilon' is another text",
        "{`epsilon`: -4} | 'epsilon' is -4 | a number from 1e-6 to 100",
        "{`decay`: `log`} | 'decay' is | one of constant, linear, cosine",
        "{`max_length`: 1.5} | 'max_length' is 1.5 | whole number of at least 2",
        "{`max_length`: 8, `max-length`: 9} | 'max-length' | twice",
        "{`epsilon`: 4, `epsilon`: 4} | two keys | line 1",
        "{`no_privacy`: 1} | 'no_privacy' is 1 | true or false",
        "{`target_modules`: [1]} | 'target_modules' | a list of texts",
        "{`wholly_unlike`: 1} | 'wholly_unlike' is unknown | --help",
        "[1] | no JSON object | {",
      })
  void namesFilePlaceAndFix(String text, String first, String second) throws IOException {
    Path file = file(text.replace('`', '"').replace("\\n", "\n"));
    String message =
        assertThrows(InputException.class, () -> ConfigFile.read(file, TABLE)).getMessage();
    assertTrue(message.startsWith(file + ": "), message);
    assertTrue(message.contains(first) && message.contains(second), message);
    assertEquals(1, message.lines().count());
  }

  /** A file of records named by mistake. */
  @Test
  void quotesNoText() throws IOException {
    Path file = file("{\"train\": \"notes.csv\", \"steps\": \"54 yo F with chest pain\"}");
    String message =
        assertThrows(InputException.class, () -> ConfigFile.read(file, TABLE)).getMessage();
    assertFalse(message.contains("chest"), message);
  }

  @Test
  void whatARunKeepsIsReadAsTheSameSettings() {
    Path model = dir.resolve("model");
    FinetuneOptions options =
        FinetuneOptions.builder(model, dir.resolve("notes.csv"))
            .output(dir.resolve("run"))
            .privacy(Privacy.epsilon(4).with(Privacy.CLIP_NORM, 0.5))
            .set(DataOptions.MAX_LENGTH, 64)
            .set(TrainingOptions.STEPS, 7L)
            .build();
    Path kept = dir.resolve("run.json");
    options.write(kept);
    List<Setting<?>> all = new java.util.ArrayList<>(TABLE);
    all.addAll(List.of(BackendOptions.BACKEND, BackendOptions.THREADS));
    FinetuneOptions again = FinetuneOptions.of(ConfigFile.read(kept, all));
    assertEquals(options.model(), again.model());
    assertEquals(options.output(), again.output());
    assertEquals(4.0, again.privacy().orElseThrow().epsilon());
    assertEquals(0.5, again.privacy().orElseThrow().clipNorm());
    assertEquals(7, again.training().steps());
    assertEquals(options.lora(), again.lora());
    assertEquals(options.data().separator(), again.data().separator());
  }

  /** The shortest program that trains. */
  @Test
  void whatIsNotSetHasTheCommandLinesDefault() {
    FinetuneOptions options =
        FinetuneOptions.builder(dir, dir.resolve("notes.csv"))
            .output(dir.resolve("run"))
            .privacy(Privacy.epsilon(4))
            .set(DataOptions.MAX_LENGTH, 64)
            .build();
    assertEquals(8, options.lora().rank());
    assertEquals(1e-5, options.privacy().orElseThrow().deltaFor(1000));
    assertEquals("auto", options.backend());
    assertThrows(InputException.class, () -> Privacy.epsilon(101));
    assertThrows(
        InputException.class, () -> Privacy.epsilon(1).with(Privacy.CLIP_NORM, Double.NaN));
  }
}
