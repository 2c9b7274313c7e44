package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The commands on real trained weights whose right answers are known. */
class RealWeightsCommandTest {
  private static final Path DATA = Path.of(System.getProperty("sotto.shared"), "data");
  private static final Path MODEL = DATA.resolve("models/stories260K-hf");

  @BeforeEach
  void needsTheWeights() {
    Assumptions.assumeTrue(Files.isDirectory(MODEL), "the real weights are not here: " + MODEL);
  }

  @Test
  void continuesAsTheAuthorsOwnProgramDoes() throws IOException {
    String expected =
        Files.readString(DATA.resolve("models/stories260K-orig/expected_greedy_200.txt"));
    JsonNode result =
        CommandRun.of(
                "generate",
                "--model",
                MODEL.toString(),
                "--prompt",
                "",
                "--max-new-tokens",
                "200",
                "--temperature",
                "0",
                "--json")
            .json();
    assertEquals(expected.strip(), result.get("text").asText().strip());
    assertEquals(200, result.get("new_tokens").asInt());
  }

  @Test
  void measuresTheKnownPerplexity() {
    JsonNode result = fiveStories("--end", "off");
    assertEquals(1.2664, result.get("nats_per_token").asDouble(), 5e-5);
    assertEquals(1804, result.get("tokens").asInt());
    assertEquals(5, result.get("records").asInt());
  }

  @Test
  void scoresTheEndOfEachStoryToo() {
    assertEquals(1804 + 5, fiveStories().get("tokens").asInt());
    assertEquals(1804 - 5, fiveStories("--begin", "off", "--end", "off").get("tokens").asInt());
  }

  private static JsonNode fiveStories(String... more) {
    return ModelCommands.evaluate(
        MODEL,
        DATA.resolve("corpus/tinystories_sample_cs336.txt"),
        Stream.concat(Stream.of("--text-split", "document-mark"), Stream.of(more))
            .toArray(String[]::new));
  }
}
