package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sotto.model.Architecture;
import dev.sotto.model.Architectures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** README's list of models is the table of architectures, row for row. */
class ModelListTest {
  private static final String HEAD = "| `model_type` | models | goes on with text |";

  @Test
  void readmeListsWhatCanBeLoaded() throws IOException {
    List<String> lines = Files.readAllLines(Path.of(System.getProperty("sotto.root"), "README.md"));
    int first = lines.indexOf(HEAD) + 2;
    List<String> listed =
        lines.subList(first, lines.size()).stream()
            .takeWhile(line -> line.startsWith("|"))
            .toList();
    assertEquals(Architectures.all().stream().map(ModelListTest::row).toList(), listed);
  }

  private static String row(Architecture architecture) {
    return "| `"
        + architecture.modelType()
        + "` | "
        + architecture.models()
        + " | "
        + (architecture.writes() ? "yes" : "no")
        + " |";
  }
}
