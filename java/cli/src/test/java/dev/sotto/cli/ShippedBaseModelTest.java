package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The base model that {@code quickstart} starts from: small, public, and able to read. */
class ShippedBaseModelTest {
  private static final Path BASE =
      Path.of(System.getProperty("sotto.root"), "examples/quickstart/base");

  @Test
  void isSmall() throws IOException {
    assertTrue(Files.size(BASE.resolve("model.safetensors")) < 3_000_000);
    assertTrue(Files.exists(BASE.resolve("README.md")));
  }

  @Test
  void knowsThePublicTextAndHasTheNotesToLearn(@TempDir Path work) {
    double publicText = perplexity(work, "public-text", "prose.txt");
    double notes = perplexity(work, "clinical-notes", "notes.csv");
    assertTrue(publicText < 3, "perplexity of prose: " + publicText);
    assertTrue(notes > 5 * publicText, "perplexity of notes: " + notes);
  }

  private static double perplexity(Path work, String kind, String name) {
    Path file = work.resolve(name);
    // Seeds that neither the base model nor the quickstart has seen.
    CommandRun.of(
            "synthesize",
            "--kind",
            kind,
            "--records",
            "50",
            "--seed",
            "77",
            "--output",
            file.toString())
        .succeeded();
    JsonNode result =
        CommandRun.of("evaluate", "--model", BASE.toString(), "--data", file.toString(), "--json")
            .json();
    return result.get("perplexity").asDouble();
  }

  @Test
  void writesWords() {
    JsonNode result =
        CommandRun.of("generate", "--model", BASE.toString(), "--max-new-tokens", "30", "--json")
            .json();
    assertFalse(result.get("text").asText().isBlank());
  }
}
