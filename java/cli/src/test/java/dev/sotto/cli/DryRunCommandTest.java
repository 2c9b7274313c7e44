package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code finetune --dry-run}, and what a run says of its data. */
class DryRunCommandTest {
  @TempDir static Path work;
  private static Path model;
  private static Path notes;

  @BeforeAll
  static void prepare() {
    model = PretrainedModel.in(work);
    notes = PretrainedModel.notes(work);
  }

  private static CommandRun dryRun(Path train, String... more) {
    List<String> args =
        new ArrayList<>(List.of("finetune", "--model", model.toString(), "--dry-run"));
    args.addAll(List.of("--train", train.toString(), "--output", work.resolve("out").toString()));
    args.addAll(List.of("--batch-size", "1", "--steps", "2", "--max-length", "32"));
    args.addAll(List.of(more));
    CommandRun run = CommandRun.of(args);
    assertFalse(Files.exists(work.resolve("out")), "something was made");
    return run;
  }

  @Test
  void saysWhatARunWouldBe() {
    String page = dryRun(notes, "--privacy-unit", "patient").succeeded().out();
    for (String word :
        List.of("epsilon", "noise multiplier", "units", "time", "memory", "public", "PRIVATE")) {
      assertTrue(page.contains(word), page);
    }
    assertTrue(page.contains("a value of patient each"), page);
    JsonNode json = dryRun(notes, "--json").json();
    assertTrue(json.get("dry_run").asBoolean());
    assertEquals(8, json.get("epsilon").asDouble(), 1e-9);
    assertEquals(60, json.get("units").asInt());
    assertEquals(32, json.get("nominal_tokens_a_step").asDouble(), 1e-9);
    assertFalse(json.has("tokens"), "exact counts are private");
    assertTrue(dryRun(notes, "--no-privacy", "--json").json().get("epsilon").isNull());
    dryRun(notes, "--resume").refused("--dry-run", "--resume");
  }

  @Test
  void asksTheBudgetAndSpendsNothingOfIt() throws IOException {
    String book = work.resolve("book.jsonl").toString();
    List<String> create = new ArrayList<>(List.of("budget", "create", "--budget-book", book));
    create.addAll(List.of("--data-set", "notes", "--epsilon", "3", "--delta", "1e-2"));
    CommandRun.of(create).succeeded();
    String before = Files.readString(Path.of(book));
    dryRun(notes, "--budget-book", book, "--epsilon", "2").succeeded();
    dryRun(notes, "--budget-book", book, "--epsilon", "4").refused("book.jsonl");
    assertEquals(before, Files.readString(Path.of(book)));
  }

  @Test
  void saysHowATextIsCutWhateverItHolds() throws IOException {
    List<String> lines = List.of("Tim.", "Sue.", "Ben <|endoftext|> so.", "Mom.", "Dad.", "Kim.");
    Path six = Files.write(work.resolve("six.txt"), lines);
    CommandRun run = dryRun(six, "--json");
    assertEquals(6, run.json().get("units").asInt());
    assertTrue(run.err().contains("six.txt: each line of a text file is one record"), run.err());
    run = dryRun(six, "--text-split", "document-mark", "--json");
    assertEquals(2, run.json().get("units").asInt());
    dryRun(six, "--text-split", "words").refused("--text-split 'words'", "line");
  }

  @Test
  void saysWhatIsPublicAndHowManyRecordsArePassedOver() throws IOException {
    StringBuilder pairs = new StringBuilder();
    for (int i = 0; i < 4; i++) {
      String prompt = "a fever of three days and a cough. ".repeat(i < 3 ? 8 : 1);
      pairs.append("{\"p\": \"").append(prompt).append("\", \"c\": \"So.\"}\n");
    }
    Path valid = Files.writeString(work.resolve("valid.jsonl"), pairs);
    CommandRun run =
        dryRun(
            Files.writeString(work.resolve("train.csv"), "p,c\n" + "a fever,So.\n".repeat(60)),
            "--prompt-column",
            "p",
            "--completion-column",
            "c",
            "--validation",
            valid.toString(),
            "--max-blocks-per-unit",
            "1");
    String said = run.succeeded().err();
    assertTrue(said.contains("4 records of " + valid + " to measure on"), said);
    assertTrue(said.contains("NO PROTECTION; 3 cut off at 32 tokens; 3 passed over"), said);
    assertTrue(said.contains("beyond --max-blocks-per-unit; whose and how much is private"), said);
    run =
        CommandRun.of(
            "evaluate",
            "--model",
            model.toString(),
            "--data",
            valid.toString(),
            "--prompt-column",
            "p",
            "--completion-column",
            "c",
            "--max-length",
            "32");
    assertTrue(run.succeeded().err().contains("3 cut off at 32 tokens; 3 passed over"), run.err());
  }
}
