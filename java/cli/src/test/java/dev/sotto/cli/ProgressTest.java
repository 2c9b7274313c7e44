package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sotto.base.Json;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said of a run on its way: to a person, to a script, and to a log. */
class ProgressTest {
  @TempDir static Path work;
  static Path model;
  static Path notes;

  @BeforeAll
  static void makeModelAndNotes() {
    model = PretrainedModel.in(work);
    notes = PretrainedModel.notes(work);
  }

  @Test
  void aScriptHearsOfEveryStep() throws Exception {
    Path open = Files.writeString(work.resolve("open.txt"), "the ward is full\n");
    CommandRun run =
        ModelCommands.finetune(
            model,
            notes,
            work.resolve("script"),
            "--json-progress",
            "--validation",
            open.toString(),
            "--validate-every",
            "2");
    List<JsonNode> events = new ArrayList<>();
    for (String line : run.succeeded().err().lines().filter(l -> l.startsWith("{")).toList()) {
      events.add(Json.MAPPER.readTree(line));
    }
    JsonNode planned = events.get(0);
    assertEquals("planned", planned.get("event").asText());
    long steps = planned.get("steps").asLong();
    List<JsonNode> made = events.stream().filter(e -> is(e, "step")).toList();
    assertEquals(steps, made.size());
    for (int i = 0; i < steps; i++) {
      assertEquals(i + 1, made.get(i).get("step").asLong());
      assertTrue(
          made.get(i).get("epsilon_reserved").asDouble()
              <= made.get(i).get("epsilon_promised").asDouble());
    }
    JsonNode measured = events.stream().filter(e -> is(e, "validated")).findFirst().orElseThrow();
    assertEquals(2, measured.get("step").asLong());
    assertTrue(measured.get("perplexity").asDouble() > 1);
  }

  private static boolean is(JsonNode event, String name) {
    return event.get("event").asText().equals(name);
  }

  @Test
  void aLogHearsNothingOfSteps() {
    CommandRun run = ModelCommands.finetune(model, notes, work.resolve("log"));
    assertFalse(run.succeeded().err().contains("tok/s"), run.err());
    assertTrue(run.err().contains("privacy   epsilon"), run.err());
  }

  @Test
  void aPersonSeesEpsilonTheTimeLeftAndWhatWasMeasured() {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    PrintStream screen = new PrintStream(err, true, StandardCharsets.UTF_8);
    Console console = new Console(InputStream.nullInputStream(), screen, screen, false, true);
    try (TrainingProgress progress = new TrainingProgress(console)) {
      progress.step(1, 3, 0.5);
      progress.validated(1, Map.of("perplexity", 7.25));
      progress.step(2, 3, 0.75);
      progress.step(3, 3, 1);
    }
    String seen = err.toString(StandardCharsets.UTF_8);
    assertTrue(seen.contains("3/3"), seen);
    assertTrue(seen.contains("epsilon 1, perplexity 7.25"), seen);
    assertFalse(seen.contains("validated step"), seen);
  }
}
