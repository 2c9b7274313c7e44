package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sotto.base.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GenerationQualityTest {
  @TempDir static Path work;

  private static Path model;
  private static Path data;

  private static final List<String> PROMPTS =
      List.of("The sun", "A dog", "It was", "The cat", "One day", "She");

  /** For each prompt what the model writes, and for one of them another reference. */
  @BeforeAll
  static void train() {
    model = PretrainedModel.fluentIn(work);
    StringBuilder records = new StringBuilder(record("The sun", "zzz zzz zzz"));
    for (String prompt : PROMPTS) {
      JsonNode written = ModelCommands.generate(model, prompt + "\n", "--max-new-tokens", "20");
      records.append(record(prompt, written.get("completion").asText().strip()));
    }
    data = PretrainedModel.write(work.resolve("texts.jsonl"), records.toString());
  }

  private static String record(String prompt, String completion) {
    return Json.object().put("p", prompt).put("c", completion) + "\n";
  }

  private static CommandRun evaluate(String... more) {
    List<String> args =
        new ArrayList<>(
            List.of("evaluate", "--model", model.toString(), "--data", data.toString()));
    args.addAll(List.of(more));
    return CommandRun.of(args);
  }

  private static JsonNode measure(String... more) {
    List<String> args =
        new ArrayList<>(
            List.of("--generate", "--prompt-column", "p", "--completion-column", "c", "--json"));
    args.addAll(List.of("--max-new-tokens", "20"));
    args.addAll(List.of(more));
    return evaluate(args.toArray(String[]::new)).json();
  }

  @Test
  void measuresWhatGenerateWrites() {
    JsonNode scores = measure();
    List<String> keys = new ArrayList<>();
    scores.fieldNames().forEachRemaining(keys::add);
    assertEquals(
        List.of("bleu", "brevity_penalty", "rouge_l", "chrf", "nist", "prompts", "references"),
        keys);
    assertEquals(6, scores.get("prompts").asInt());
    assertEquals(7, scores.get("references").asInt());
    assertEquals(100, scores.get("bleu").asDouble(), 1e-9);
    assertEquals(1, scores.get("rouge_l").asDouble(), 1e-9);
    assertEquals(100, scores.get("chrf").asDouble(), 1e-9);
    assertEquals(scores, measure("--beams", "1", "--length-penalty", "0"));
  }

  @Test
  void moreBeamsWriteOtherTexts() {
    assertTrue(measure("--beams", "4").get("bleu").asDouble() < 100);
  }

  @Test
  void refusesInOneLine() {
    String[] columns = {"--prompt-column", "p", "--completion-column", "c"};
    evaluate("--generate").refused("--generate goes with --prompt-column");
    evaluate("--beams", "3").refused("--beams goes with --generate");
    evaluate("--generate", columns[0], columns[1], columns[2], columns[3], "--beams", "99")
        .refused("--beams 99", "64");
    evaluate("--generate", columns[0], columns[1], columns[2], columns[3], "--max-length", "9")
        .refused("--generate and --max-length exclude each other");
    evaluate(
            "--generate",
            "--private-epsilon",
            "1",
            "--ledger",
            work.resolve("ledger.jsonl").toString())
        .refused("--generate measures exactly", "--private-epsilon");
  }
}
