package dev.sotto.study;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongConsumer;

/** A study without a model: its configuration, and runs that write down a formula. */
final class StudyFixture {
  private static final ObjectMapper JSON = new ObjectMapper();

  final Path directory;
  final ObjectNode json;

  /** The smallest configuration there is, with two controllers, two ε and three seeds. */
  StudyFixture(Path directory) {
    this.directory = directory;
    for (String file : List.of("train.csv", "held-out.csv")) {
      write(file, "text\nthe patient was seen (" + file + ")\n");
    }
    try {
      Files.createDirectories(directory.resolve("base"));
      json =
          (ObjectNode)
              JSON.readTree(
                  """
                  {"data_is_public": true, "model": "base", "train": "train.csv",
                   "validation": "held-out.csv", "controllers": ["constant", "rldp"],
                   "epsilons": [8, 0.5], "seeds": [1, 2, 3], "steps": 20, "batch_size": 4}
                  """);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    write("base/config.json", "{}");
  }

  Path write(String file, String text) {
    try {
      return Files.writeString(directory.resolve(file), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Path file() {
    return write("study.json", json.toPrettyString());
  }

  StudyConfig config() {
    return StudyConfigFile.read(file());
  }

  /** Runs that take no time. Counts how often each was done. */
  static final class FormulaRunner implements StudyRunner {
    final Map<String, Integer> done = new ConcurrentHashMap<>();

    /** Null, or the end of the names of runs that fail. */
    String failing;

    @Override
    public RunOutcome run(StudyRun run, Path directory, LongConsumer steps) {
      done.merge(run.name(), 1, Integer::sum);
      if (failing != null && run.name().endsWith(failing)) {
        throw new IllegalArgumentException("the run\nbroke");
      }
      StringBuilder lines = new StringBuilder();
      for (int step = 5; step <= 20; step += 5) {
        lines.append(line(run, step)).append('\n');
        steps.accept(step);
      }
      try {
        Files.createDirectories(directory);
        Files.writeString(directory.resolve("trajectory.jsonl"), lines);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return new RunOutcome(
          0.99 * run.epsilon(),
          1e-5,
          20,
          perplexity(run, 0),
          perplexity(run, 20),
          4,
          new RunOutcome.AuditFigures(
              2 + run.seed(), 0, 0.25, 0.5 + 0.01 * run.seed(), 0.01, 0.6, 0.02));
    }

    private static String line(StudyRun run, int step) {
      double threshold = run.arm().controller().equals("constant") ? 0.5 : 0.5 + 0.02 * step;
      try {
        return JSON.writeValueAsString(
            JSON.createObjectNode()
                .put("step", step)
                .<ObjectNode>set("clip_norms", array(threshold, 1 / threshold))
                .<ObjectNode>set("noise_stddevs", array(2 * threshold, 2 / threshold))
                .<ObjectNode>set("gradient_norms", array(1, 1))
                .<ObjectNode>set("adapter_norms", array(1, 1))
                .put("epsilon", run.epsilon() * Math.sqrt(step / 20.0))
                .put("validation_perplexity", perplexity(run, step))
                .put("controller_seconds", 0.25));
      } catch (JsonProcessingException e) {
        throw new UncheckedIOException(e);
      }
    }

    private static com.fasterxml.jackson.databind.JsonNode array(double... values) {
      return JSON.valueToTree(values);
    }
  }

  /**
   * From 100 before, linearly down to 80 (constant) or 70 (others) after 20 steps; then the seed
   * and, at small ε, 5 on top. So constant ends at 81, 82, 83 at ε = 8, and the others reach their
   * median at step 15.
   */
  static double perplexity(StudyRun run, int step) {
    double fall = run.arm().controller().equals("constant") ? 1 : 1.5;
    return 100 - fall * step + run.seed() + (run.epsilon() < 1 ? 5 : 0);
  }
}
