package dev.sotto.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bytes of a trajectory, which runs made before hold too. */
class TrajectoryFileTest {
  private static final List<String> LINES =
      List.of(
          "{\"step\":5,\"clip_norms\":[0.5,1.0],\"noise_stddevs\":[0.25,2.0E-7],"
              + "\"clip_fractions\":[0.1,0.9],\"loss\":2.5,\"gradient_norms\":[1.5,1.25],"
              + "\"adapter_norms\":[0.0,3.0],\"epsilon\":1.75,\"validation_perplexity\":12.5,"
              + "\"controller_seconds\":0.001}",
          "{\"step\":10,\"clip_norms\":[0.5],\"noise_stddevs\":[0.25],\"clip_fractions\":null,"
              + "\"loss\":null,\"gradient_norms\":[1.5],\"adapter_norms\":[0.0],\"epsilon\":1.75,"
              + "\"validation_perplexity\":null,\"controller_seconds\":0.001}");

  @TempDir Path dir;

  @Test
  void aLineIsReadAndWrittenAsItEverWas() throws IOException {
    Path old = Files.write(dir.resolve("old.jsonl"), LINES);
    Path copy = dir.resolve("copy.jsonl");
    TrajectoryFile.read(old).forEach(record -> TrajectoryFile.append(copy, record));
    assertEquals(LINES, Files.readAllLines(copy));
  }

  @Test
  void whatIsNoLineOfATrajectoryIsLeftOutAtTheEndAlone() throws IOException {
    Path torn = Files.write(dir.resolve("torn.jsonl"), List.of(LINES.get(0), "{\"step\":10,\"cl"));
    assertEquals(1, TrajectoryFile.read(torn).size());
  }
}
