package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code predict} reads, scores and writes record after record. */
class PredictStreamTest {
  private static final int ROWS = 200_000;
  private static final List<String> TEXTS = LabelledRun.TEXTS;

  @TempDir static Path work;

  private static Path model;
  private static Path run;

  @BeforeAll
  static void train() {
    model = PretrainedModel.in(work);
    run = LabelledRun.classifier(model, work);
  }

  private static List<String> arguments(Path data, Path output) {
    return List.of(
        "predict",
        "--model",
        model.toString(),
        "--adapter",
        run.toString(),
        "--data",
        data.toString(),
        "--output",
        output.toString());
  }

  /** All rows at once, their sequences, or their answers would not fit into this heap. */
  @Test
  void takesNoMoreMemoryForMoreRows() throws IOException, InterruptedException {
    Path data = work.resolve("many.csv.gz");
    try (Writer rows =
        new OutputStreamWriter(
            new GZIPOutputStream(Files.newOutputStream(data)), StandardCharsets.UTF_8)) {
      rows.write("text\n");
      for (int i = 0; i < ROWS; i++) {
        rows.write(TEXTS.get(i % TEXTS.size()) + "\n");
      }
    }
    Path output = work.resolve("many.jsonl");
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElse("java"));
    command.addAll(List.of("-Xmx32m", "-XX:+UseSerialGC"));
    for (String property : List.of("org.bytedeco.javacpp.cachedir", "ai.djl.offline")) {
      if (System.getProperty(property) != null) {
        command.add("-D" + property + "=" + System.getProperty(property));
      }
    }
    command.add("-cp");
    command.add(
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
    command.add(Sotto.class.getName());
    command.addAll(arguments(data, output));
    Path said = work.resolve("said.txt");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile()).start();
    assertEquals(0, process.waitFor(), Files.readString(said));
    assertTrue(Files.readString(said).contains("records  200,000"), Files.readString(said));
    List<String> first = new ArrayList<>();
    int count = 0;
    try (BufferedReader lines = Files.newBufferedReader(output)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (count < TEXTS.size()) {
          first.add(line);
        }
        assertEquals(first.get(count % TEXTS.size()), line, "in the order of the input");
        count++;
      }
    }
    assertEquals(ROWS, count);
    assertEquals(TEXTS.size(), first.stream().distinct().count());
  }

  @Test
  void leavesNothingBehindAFaultInTheMiddle() throws IOException {
    Path folder = Files.createDirectory(work.resolve("faulty"));
    String rows = "text\n" + "the sun\n".repeat(3000);
    Path data = PretrainedModel.write(work.resolve("faulty.csv"), rows + "one,two\n");
    CommandRun.of(arguments(data, folder.resolve("told.jsonl")))
        .refused("faulty.csv: line 3002", "the row has 2 fields");
    Path empty = PretrainedModel.write(work.resolve("empty.csv"), "text\n");
    CommandRun.of(arguments(empty, folder.resolve("told.jsonl"))).refused("holds no records");
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(List.of(), left.toList());
    }
  }
}
