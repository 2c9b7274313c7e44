package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The files of {@code examples/} do what the pages beside them say, in small: fewer records and
 * steps. The trainer in {@code linking-the-core} is run by the core's own tests.
 */
class ExamplesTest {
  private static final Path EXAMPLES = Path.of(System.getProperty("sotto.root"), "examples");
  private static final JsonMapper JSON = new JsonMapper();

  @TempDir Path dir;

  static Stream<Path> noiseFiles() throws IOException {
    return Files.list(EXAMPLES.resolve("lmo-noise")).sorted();
  }

  @ParameterizedTest
  @MethodSource("noiseFiles")
  void everyNoiseFileCanBeDescribed(Path file) {
    JsonNode noise = CommandRun.of("describe-noise", "--noise", file.toString(), "--json").json();
    assertTrue(noise.size() > 3, noise.toString());
  }

  @Test
  void theQuickstartsBaseIsTrainedAsItsPageSays() throws IOException {
    synthesize("public-text", 100, 1, "public.txt");
    Path base = pretrain(EXAMPLES.resolve("quickstart/config.json"), "public.txt", "base", 256);
    CommandRun.of("evaluate", "--model", base.toString(), "--data", path("public.txt")).succeeded();
  }

  @Test
  void theSmallStudyRuns() throws Exception {
    Files.write(dir.resolve("base.txt"), baseText().subList(0, 100));
    pretrain(EXAMPLES.resolve("rldp-study/base.json"), "base.txt", "base", 128);
    synthesize("clinical-notes", 100, 1, "notes.csv");
    synthesize("clinical-notes", 20, 2, "held-out.csv");
    ObjectNode study =
        (ObjectNode) JSON.readTree(EXAMPLES.resolve("rldp-study/small.json").toFile());
    Path config = dir.resolve("small.json");
    JSON.writeValue(config.toFile(), study.put("steps", 3).put("batch_size", 8));
    CommandRun.of("study", "--config", config.toString(), "--output", path("small")).succeeded();
    JsonNode results = JSON.readTree(dir.resolve("small/results.json").toFile());
    assertEquals(study.get("controllers").size(), results.get("runs").size());
    assertTrue(Files.readString(dir.resolve("small/table.md")).contains("rldp"));
  }

  /** What {@code base-text.sh} makes of a corpus with one short book, story and article. */
  private List<String> baseText() throws Exception {
    Path corpus = dir.resolve("corpus");
    Files.createDirectories(corpus.resolve("gutenberg"));
    Files.createDirectories(corpus.resolve("wikitext-2"));
    String article = "The river runs from the hills to the sea , past the old town and its mill .";
    Files.writeString(
        corpus.resolve("gutenberg/book.txt"), "A house\nstood there.\n\nIt rained.\n");
    gzip(corpus.resolve("wikitext-2/valid.txt.gz"), " = River = \n " + article + " <unk> fish .\n");
    gzip(corpus.resolve("tinystories_1000.json.gz"), "[\n  \"Tom had a \\\"red\\\" ball.\",\n]\n");
    Process script =
        new ProcessBuilder(
                "bash", EXAMPLES.resolve("rldp-study/base-text.sh").toString(), corpus.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    List<String> lines =
        new String(script.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    assertEquals(0, script.waitFor());
    List<String> expected =
        List.of(
            "A house stood there.",
            "It rained.",
            article + " thing fish .",
            "Tom had a \"red\" ball.");
    assertEquals(expected, lines.subList(0, 4));
    assertTrue(lines.get(4).startsWith("In a hospital one may hear the words"), lines.get(4));
    return lines;
  }

  private static void gzip(Path file, String text) throws IOException {
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
  }

  private void synthesize(String kind, int records, int seed, String name) {
    run("synthesize --kind " + kind + " --records " + records + " --seed " + seed, name);
  }

  private Path pretrain(Path config, String train, String name, int length) {
    run(
        "pretrain --config "
            + config
            + " --train "
            + path(train)
            + " --max-length "
            + length
            + " --vocabulary-size 400 --epochs 1 --batch-tokens 4096 --learning-rate 3e-3 --seed 1"
            + " --dtype bf16",
        name);
    return dir.resolve(name);
  }

  private void run(String arguments, String output) {
    List<String> all = new ArrayList<>(List.of(arguments.split(" ")));
    all.addAll(List.of("--output", path(output)));
    CommandRun.of(all).succeeded();
  }

  private String path(String name) {
    return dir.resolve(name).toString();
  }
}
