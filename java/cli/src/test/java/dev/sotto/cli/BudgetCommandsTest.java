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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code sotto budget}: what it makes, shows and refuses. */
class BudgetCommandsTest {
  @TempDir Path dir;

  @Test
  void aBookIsMadeAndShown() {
    JsonNode made = create("--privacy-unit", "patient", "--json").json();
    JsonNode shown = CommandRun.of("budget", "show", "--budget-book", book(), "--json").json();
    assertEquals(made, shown);
    assertEquals("ward notes", shown.get("data_set").asText());
    assertEquals("patient", shown.get("privacy_unit").asText());
    assertEquals("sum", shown.get("rule").asText());
    assertEquals(8, shown.get("left").get("epsilon").asDouble());
    assertEquals(1e-6, shown.get("left").get("delta").asDouble());
    assertEquals(0, shown.get("runs").size());
    String text = CommandRun.of("budget", "show", "--budget-book", book()).succeeded().out();
    assertTrue(text.contains("left          epsilon 8, delta 1e-6"), text);
  }

  @Test
  void everyRuleSaysWhatItsTotalIs() throws IOException {
    JsonNode steps =
        create("--rule", "steps", "--sampling-rate", "0.01", "--steps", "500", "--json").json();
    assertEquals(500, steps.get("total").get("steps").asInt());
    String shown = CommandRun.of("budget", "show", "--budget-book", book()).succeeded().out();
    assertTrue(shown.contains("sampling rate 0.01 or less and noise multiplier 0."), shown);
    Files.delete(Path.of(book()));
    JsonNode renyi = create("--rule", "renyi", "--order", "6", "--json").json();
    double budget = 8 + Math.log(6 / 5.0) + (Math.log(1e-6) + Math.log(6)) / 5;
    assertEquals(budget, renyi.get("total").get("divergence").asDouble(), 1e-12);
    Files.delete(Path.of(book()));
    create("--rule", "renyi", "--sampling-rate", "0.01", "--steps", "500").succeeded();
  }

  @Test
  void whatMakesNoBookIsRefusedAndLeavesNothing() throws IOException {
    create("--order", "6").refused("--order", "--rule sum");
    create("--rule", "steps", "--order", "6").refused("--order", "--rule steps");
    create("--rule", "steps", "--sampling-rate", "0.01").refused("--steps is missing");
    create("--rule", "renyi").refused("--sampling-rate and --steps", "--order");
    create("--rule", "renyi", "--order", "1").refused("--order 1 is not a number above 1");
    create("--rule", "renyi", "--order", "1.1").refused("leaves nothing");
    create("--rule", "linear").refused("--rule 'linear'", "sum, renyi, steps");
    create(
            "--rule",
            "steps",
            "--sampling-rate",
            "0.1",
            "--steps",
            "500",
            "--noise-multiplier",
            "0.4")
        .refused("--noise-multiplier 0.4 is too small", "at least");
    create("--privacy-unit", " ").refused("privacy unit");
    assertFalse(Files.exists(Path.of(book())));
    assertFalse(Files.exists(Path.of(book() + ".heads")));
    create().succeeded();
    create().refused(book(), "exists already");
    Files.writeString(Path.of(book()), "{}\n");
    CommandRun.of("budget", "show", "--budget-book", book()).refused(book(), "line 1");
    CommandRun.of("budget", "show", "--budget-book", dir + "/none.jsonl")
        .refused("no such budget book", "sotto budget create");
    CommandRun.of("budget", "close", "--budget-book", book(), "--ledger", dir + "/none")
        .refused("no such ledger");
  }

  @Test
  void finetuneIsChargedAndRefusedWithOneLine() {
    Path model = PretrainedModel.in(dir);
    Path notes = PretrainedModel.notes(dir);
    create("--privacy-unit", "patient").succeeded();
    finetune(model, notes, "run1", "5").succeeded();
    finetune(model, notes, "run2", "4")
        .refused(book(), "only epsilon 3, delta 9e-7 is left", "smaller --epsilon");
    assertFalse(Files.exists(dir.resolve("run2")));
    JsonNode shown = CommandRun.of("budget", "show", "--budget-book", book(), "--json").json();
    assertEquals(1, shown.get("runs").size());
    assertEquals(5, shown.get("runs").get(0).get("charged").get("epsilon").asDouble());
    CommandRun.of(
            "budget", "close", "--budget-book", book(), "--ledger", dir + "/run1/ledger.jsonl")
        .refused("closed for ever");
    CommandRun.of(
            "finetune",
            "--model",
            model.toString(),
            "--train",
            notes.toString(),
            "--output",
            dir + "/run3",
            "--no-privacy",
            "--budget-book",
            book())
        .refused("--no-privacy", "--budget-book");
  }

  private CommandRun finetune(Path model, Path notes, String run, String epsilon) {
    return CommandRun.of(
        "finetune",
        "--model",
        model.toString(),
        "--train",
        notes.toString(),
        "--text-column",
        "text",
        "--privacy-unit",
        "patient",
        "--max-length",
        "24",
        "--batch-size",
        "8",
        "--steps",
        "2",
        "--epsilon",
        epsilon,
        "--delta",
        "1e-7",
        "--budget-book",
        book(),
        "--output",
        dir.resolve(run).toString());
  }

  private CommandRun create(String... more) {
    List<String> args =
        new ArrayList<>(
            List.of(
                "budget",
                "create",
                "--budget-book",
                book(),
                "--data-set",
                "ward notes",
                "--epsilon",
                "8",
                "--delta",
                "1e-6"));
    args.addAll(List.of(more));
    return CommandRun.of(args);
  }

  private String book() {
    return dir.resolve("book.jsonl").toString();
  }
}
