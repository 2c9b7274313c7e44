package dev.sotto.plan;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** {@code validation.jsonl}: what was measured on public records, after which step. */
final class ValidationFile {
  private ValidationFile() {}

  /**
   * A line.
   *
   * @param figures by name: perplexity, or metrics of a task
   */
  record Measured(long step, Map<String, Double> figures) {}

  /** Adds a measurement. */
  static void append(Path file, Measured measured) {
    JsonLines.append(file, measured);
  }

  /**
   * In order of steps; of a step that was made again after a resume, the last; none without a file.
   */
  static List<Measured> read(Path file) {
    Map<Long, Measured> byStep = new TreeMap<>();
    if (Files.exists(file)) {
      JsonLines.read(file, Measured.class).forEach(m -> byStep.put(m.step(), m));
    }
    return List.copyOf(byStep.values());
  }
}
