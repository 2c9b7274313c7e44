package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code evaluate --private-epsilon}. */
class PrivateEvaluateTest {
  @TempDir static Path work;

  /** As many as {@link PretrainedModel#notes} makes. */
  private static final int NOTES = 60;

  private static Path model;
  private static Path notes;

  @BeforeAll
  static void prepare() {
    model = PretrainedModel.in(work);
    notes = PretrainedModel.notes(work);
  }

  private static CommandRun evaluate(String... more) {
    List<String> args =
        new ArrayList<>(
            List.of("evaluate", "--model", model.toString(), "--data", notes.toString()));
    args.addAll(List.of(more));
    return CommandRun.of(args);
  }

  @Test
  void releasesOneNumberUnderNoiseAndChargesIt() {
    String ledger = work.resolve("one.jsonl").toString();
    JsonNode first =
        evaluate("--private-epsilon", "2", "--loss-bound", "6", "--ledger", ledger, "--json")
            .json();
    assertFalse(first.has("nats_per_token"), "nothing exact is shown");
    assertFalse(first.has("tokens"), "nothing exact is shown");
    assertTrue(first.get("epsilon").asDouble() <= 2);
    assertEquals(1e-6, first.get("delta").asDouble());
    assertEquals("record", first.get("privacy_unit").asText());
    double noise = first.get("noise_mean_absolute").asDouble();
    assertEquals(6.0 / first.get("units").asInt() / 2, noise, 1e-3 * noise);
    // The records are bounded by 6, and 20 scales of noise have a chance of e^-20.
    double loss = first.get("private_nats_per_token").asDouble();
    assertTrue(loss > 1 - 20 * noise && loss < 6 + 20 * noise, "loss " + loss);
    JsonNode account = CommandRun.of("account", "--ledger", ledger, "--json").json();
    assertEquals(first.get("epsilon").asDouble(), account.get("epsilon").asDouble(), 1e-9);
    assertEquals("record", account.get("privacy_unit").asText());
    assertEquals(1, account.get("steps").asInt());
    // A ledger pays once, and every call draws anew.
    evaluate("--private-epsilon", "2", "--ledger", ledger).refused("one.jsonl", "exists already");
    String other = work.resolve("two.jsonl").toString();
    JsonNode second =
        evaluate("--private-epsilon", "2", "--loss-bound", "6", "--ledger", other, "--json").json();
    assertNotEquals(loss, second.get("private_nats_per_token").asDouble());
    // Ledgers of one folder prove what they paid for side by side.
    for (String each : List.of(ledger, other)) {
      CommandRun.of("account", "--ledger", each).succeeded();
    }
  }

  @Test
  void refusesADeltaAtWhichARecordMayBePublished() {
    Path ledger = work.resolve("careless.jsonl");
    evaluate("--private-epsilon", "2", "--private-delta", "0.9", "--ledger", ledger.toString())
        .refused("delta 0.9 is not below 1/N for N = " + NOTES);
    assertFalse(Files.exists(ledger), "nothing is charged");
  }

  @Test
  void protectsAllRecordsOfOneUnitTogether() {
    String ledger = work.resolve("patients.jsonl").toString();
    CommandRun run =
        evaluate("--private-epsilon", "2", "--privacy-unit", "patient", "--ledger", ledger);
    String page = run.succeeded().out();
    assertTrue(page.contains("for one patient more or less, by Laplace noise"), page);
    assertFalse(page.contains("perplexity"), page);
    JsonNode account = CommandRun.of("account", "--ledger", ledger, "--json").json();
    assertEquals("patient", account.get("privacy_unit").asText());
    assertTrue(account.get("units").asInt() < NOTES, "fewer patients than notes");
  }

  @Test
  void isChargedToABudgetBook() {
    String book = work.resolve("book.jsonl").toString();
    List<String> create = new ArrayList<>(List.of("budget", "create", "--budget-book", book));
    create.addAll(List.of("--data-set", "notes", "--epsilon", "3", "--delta", "1e-5"));
    CommandRun.of(create).succeeded();
    String first = work.resolve("first.jsonl").toString();
    evaluate("--private-epsilon", "2", "--ledger", first, "--budget-book", book).succeeded();
    JsonNode shown = CommandRun.of("budget", "show", "--budget-book", book, "--json").json();
    assertEquals(1, shown.get("runs").size());
    String second = work.resolve("second.jsonl").toString();
    evaluate("--private-epsilon", "2", "--ledger", second, "--budget-book", book)
        .refused("book.jsonl");
    assertFalse(Files.exists(Path.of(second)));
  }

  @Test
  void refusesBadInput() {
    String ledger = work.resolve("none.jsonl").toString();
    evaluate("--private-epsilon", "0").refused("--private-epsilon 0");
    evaluate("--private-epsilon", "1").refused("--ledger is missing");
    evaluate("--private-epsilon", "1", "--ledger", "a.csv").refused("a.csv", ".jsonl");
    evaluate("--loss-bound", "3").refused("--loss-bound", "--private-epsilon");
    evaluate("--private-delta", "1e-5").refused("--private-delta", "--private-epsilon");
    evaluate("--ledger", ledger).refused("--ledger", "--private-epsilon");
    evaluate("--privacy-unit", "patient").refused("--privacy-unit", "--private-epsilon");
    evaluate("--private-epsilon", "1", "--loss-bound", "-3").refused("--loss-bound -3");
    evaluate("--private-epsilon", "1", "--ledger", ledger, "--privacy-unit", "nobody")
        .refused("notes.csv", "nobody");
    assertFalse(Files.exists(Path.of(ledger)));
  }
}
