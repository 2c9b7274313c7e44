package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command without the jar of the controllers that learn, in a JVM that has no ND4J. */
class LearnedControllersTest {
  @TempDir Path dir;

  private CommandRun run(String... args) throws Exception {
    String classPath =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> !entry.contains("nd4j"))
            .collect(Collectors.joining(File.pathSeparator));
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-cp",
                classPath,
                "dev.sotto.cli.Sotto"));
    command.addAll(List.of(args));
    Path out = dir.resolve("out");
    Path err = dir.resolve("err");
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    assertTrue(process.waitFor(120, TimeUnit.SECONDS));
    return new CommandRun(process.exitValue(), Files.readString(out), Files.readString(err));
  }

  private CommandRun finetune(String controller) throws Exception {
    return run(
        "finetune",
        "--model",
        dir.resolve("none").toString(),
        "--train",
        dir.resolve("none.csv").toString(),
        "--epsilon",
        "4",
        "--max-length",
        "16",
        "--output",
        dir.resolve("run").toString(),
        "--controller",
        controller);
  }

  @Test
  void aControllerThatLearnsIsRefusedBeforeAnythingElse() throws Exception {
    for (String controller : List.of("frozen", "rldp", "rldp-ppo")) {
      finetune(controller).refused(controller, "sotto-learned-controllers.jar", "sotto.jar");
    }
  }

  @Test
  void theOthersNeedNoneOfIt() throws Exception {
    finetune("quantile").refused(dir.resolve("none").toString());
  }

  @Test
  void aStudyOfOneIsRefusedToo() throws Exception {
    Path study =
        Files.writeString(
            dir.resolve("study.json"),
            """
            {"data_is_public": true, "model": "m", "train": "t.csv", "validation": "v.csv",
             "controllers": ["constant", "rldp"], "epsilons": [4], "seeds": [1], "rank": 2,
             "batch_size": 8, "steps": 4, "learning_rate": 0.01, "max_length": 12,
             "control_interval": 2}
            """);
    run("study", "--config", study.toString(), "--output", dir.resolve("s").toString())
        .refused("rldp", "sotto-learned-controllers.jar");
  }
}
