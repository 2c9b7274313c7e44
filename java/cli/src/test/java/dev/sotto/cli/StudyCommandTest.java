package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sotto.study.StudyConfig;
import dev.sotto.study.StudyConfigFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code sotto study}: what it says, and its exit codes. */
class StudyCommandTest {
  @TempDir Path dir;
  private String config;
  private String output;

  @BeforeEach
  void prepare() throws IOException {
    Files.createDirectories(dir.resolve("base"));
    PretrainedModel.write(dir.resolve("base/config.json"), "{\"model_type\": \"gpt2\"}");
    PretrainedModel.write(dir.resolve("train.csv"), "text\na note\nanother\n");
    PretrainedModel.write(dir.resolve("held-out.csv"), "text\na third\n");
    config = write("true");
    output = dir.resolve("out").toString();
  }

  private String write(String isPublic) {
    return PretrainedModel.write(
            dir.resolve("study.json"),
            """
            {"data_is_public": %s, "model": "base", "train": "train.csv", "steps": 10,
             "validation": "held-out.csv", "controllers": ["constant", "rldp"],
             "epsilons": [2], "seeds": [1, 2, 3], "batch_size": 1}
            """
                .formatted(isPublic))
        .toString();
  }

  @Test
  void listsWhatItWouldRunAndWritesNothing() {
    String out =
        CommandRun.of("study", "--config", config, "--output", output, "--dry-run")
            .succeeded()
            .out();
    assertTrue(out.startsWith("constant-eps2-seed1\nrldp-eps2-seed1\n"), out);
    assertTrue(
        out.contains("6 runs: 2 controllers, 1 epsilons, 3 seeds; 0 finished, 6 to do"), out);
    JsonNode json =
        CommandRun.of("study", "--config", config, "--output", output, "--dry-run", "--json")
            .json();
    assertEquals(6, json.get("remaining").size());
    assertFalse(Files.exists(Path.of(output)));
  }

  @Test
  void endsWithOneWhereARunFailed() throws IOException {
    CommandRun run =
        CommandRun.of("study", "--config", config, "--output", output, "--parallel", "2");
    assertEquals(1, run.code(), run.err());
    assertTrue(run.err().contains("FAILED constant, ε = 2, seed 1: "), run.err());
    assertTrue(run.err().contains("sotto: 6 of 6 runs failed, the first with: "), run.err());
    assertFalse(run.err().contains("defect"), run.err());
    assertTrue(run.err().contains("not covered by epsilon"), run.err());
    assertTrue(run.out().contains("0 finished, 6 failed"), run.out());
    assertTrue(run.out().contains("not covered by epsilon"), run.out());
    assertTrue(Files.readString(dir.resolve("out/table.md")).contains("## Failed"));
  }

  @Test
  void refusesBadInput() {
    CommandRun.of("study", "--output", output).refused("--config is missing");
    CommandRun.of("study", "--config", config).refused("--output is missing");
    CommandRun.of("study", "--config", "nowhere.json", "--output", output).refused("no such file");
    CommandRun.of("study", "--config", config, "--output", output, "--parallel", "0")
        .refused("--parallel 0");
    CommandRun.of("study", "--config", write("false"), "--output", output)
        .refused("study.json", "'data_is_public'", "tunes over them");
    assertFalse(Files.exists(Path.of(output)));
  }

  @ParameterizedTest
  @CsvSource({"small.json, 3, 1, 1", "study.json, 9, 3, 3", "improve.json, 11, 1, 3"})
  void theExamplesAreGood(String name, int controllers, int epsilons, int seeds) {
    Path root = Path.of(System.getProperty("user.dir")).resolve("../../examples/rldp-study");
    StudyConfig study = StudyConfigFile.read(root.resolve(name));
    assertTrue(study.arms().size() >= controllers, name);
    assertEquals(epsilons, study.epsilons().size());
    assertTrue(study.seeds().size() >= seeds);
  }
}
