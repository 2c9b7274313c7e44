package dev.sotto.study;

import dev.sotto.base.AtomicFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * What a study leaves for its readers: {@code table.md}, {@code results.json} and the pictures, as
 * PNG and SVG.
 */
public final class StudyReport {
  private StudyReport() {}

  /**
   * Writes all, replacing what an earlier start wrote.
   *
   * @param results to write
   * @param output directory of the study
   * @return the table
   */
  public static Path write(StudyResults results, Path output) {
    write(output.resolve("results.json"), ResultsFile.of(results).toPrettyString() + "\n");
    Path table = output.resolve("table.md");
    write(table, StudyTable.of(results, new StudyPictures(results).write(output)));
    return table;
  }

  private static void write(Path file, String text) {
    AtomicFile.write(file, text.getBytes(StandardCharsets.UTF_8));
  }
}
