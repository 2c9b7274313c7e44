package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code evaluate --private-epsilon} of labels. */
class PrivateLabelsTest {
  private static final int ROWS = 60;

  @TempDir static Path work;

  private static Path model;
  private static Path classifier;
  private static Path data;

  @BeforeAll
  static void train() {
    model = PretrainedModel.in(work);
    classifier = LabelledRun.classifier(model, work);
    data = LabelledRun.classes(work.resolve("held-out.csv"), ROWS);
  }

  private static CommandRun evaluate(Path adapter, Path data, String... more) {
    List<String> args = new ArrayList<>(List.of("evaluate", "--model", model.toString()));
    args.addAll(List.of("--adapter", adapter.toString(), "--data", data.toString()));
    args.addAll(List.of("--label-column", "label"));
    args.addAll(List.of(more));
    return CommandRun.of(args);
  }

  @Test
  void releasesAccuracyAloneAndChargesIt() {
    double exact = evaluate(classifier, data, "--json").json().get("accuracy").asDouble();
    String ledger = work.resolve("one.jsonl").toString();
    JsonNode released =
        evaluate(classifier, data, "--private-epsilon", "2", "--ledger", ledger, "--json").json();
    List<String> keys = new ArrayList<>();
    released.fieldNames().forEachRemaining(keys::add);
    assertEquals(
        List.of(
            "private_accuracy",
            "noise_mean_absolute",
            "private_accuracy_low",
            "private_accuracy_high",
            "epsilon",
            "delta",
            "noise",
            "privacy_unit",
            "units",
            "ledger"),
        keys,
        "no exact figure, and none beside accuracy");
    assertTrue(released.get("epsilon").asDouble() <= 2);
    assertEquals(ROWS, released.get("units").asInt());
    double noise = released.get("noise_mean_absolute").asDouble();
    assertEquals(1.0 / ROWS / 2, noise, 1e-3 * noise);
    // 20 scales of noise have a chance of e^-20.
    double accuracy = released.get("private_accuracy").asDouble();
    assertEquals(exact, accuracy, 20 * noise);
    double low = released.get("private_accuracy_low").asDouble();
    double high = released.get("private_accuracy_high").asDouble();
    assertTrue(0 <= low && low < high && high <= 1, low + " to " + high);
    JsonNode account = CommandRun.of("account", "--ledger", ledger, "--json").json();
    assertEquals(released.get("epsilon").asDouble(), account.get("epsilon").asDouble(), 1e-9);
    assertEquals("record", account.get("privacy_unit").asText());
    assertEquals(1, account.get("steps").asInt());
    evaluate(classifier, data, "--private-epsilon", "2", "--ledger", ledger)
        .refused("one.jsonl", "exists already");
  }

  @Test
  void protectsAllRecordsOfOneUnitTogether() {
    String ledger = work.resolve("people.jsonl").toString();
    CommandRun run =
        evaluate(
            classifier,
            data,
            "--private-epsilon",
            "2",
            "--privacy-unit",
            "who",
            "--ledger",
            ledger);
    String page = run.succeeded().out();
    assertTrue(page.contains("for one who more or less, by Laplace noise"), page);
    assertTrue(page.contains("95% interval"), page);
    for (String exact : List.of("matthews", "f1", "records")) {
      assertFalse(page.contains(exact), page);
    }
    JsonNode account = CommandRun.of("account", "--ledger", ledger, "--json").json();
    assertEquals(ROWS / 2, account.get("units").asInt());
  }

  @Test
  void releasesTheSquaredErrorOfARegression() {
    Path regression = LabelledRun.regression(model, work);
    Path numbers = LabelledRun.table(work.resolve("held.csv"), ROWS, i -> Integer.toString(i % 4));
    JsonNode released =
        evaluate(
                regression,
                numbers,
                "--private-epsilon",
                "2",
                "--ledger",
                work.resolve("regression.jsonl").toString(),
                "--json")
            .json();
    assertFalse(released.has("pearson"));
    double noise = released.get("noise_mean_absolute").asDouble();
    assertEquals(25.0 / ROWS / 2, noise, 1e-3 * noise);
    double high = released.get("private_squared_error_high").asDouble();
    assertTrue(released.get("private_squared_error_low").asDouble() < high && high <= 25);
  }

  @Test
  void refusesALabelOutsideTheSetBeforeThereIsALedger() {
    Path secret = LabelledRun.table(work.resolve("secret.csv"), 9, i -> i == 7 ? "HOSTILE" : "fun");
    Path ledger = work.resolve("none.jsonl");
    CommandRun refused =
        evaluate(classifier, secret, "--private-epsilon", "1", "--ledger", ledger.toString());
    refused.refused("line 9", "--labels");
    assertFalse(refused.toString().contains("HOSTILE"));
    assertFalse(Files.exists(ledger));
  }

  @Test
  void refusesWhatDoesNotGoTogether() {
    Path ledger = work.resolve("refused.jsonl");
    evaluate(classifier, data, "--private-epsilon", "1").refused("--ledger is missing");
    evaluate(classifier, data, "--ledger", ledger.toString())
        .refused("--ledger", "--private-epsilon");
    evaluate(classifier, data, "--privacy-unit", "who").refused("--privacy-unit");
    evaluate(classifier, data, "--loss-bound", "3").refused("--loss-bound", "labels");
    evaluate(classifier, data, "--generate").refused("--generate", "labels");
    evaluate(
            classifier,
            data,
            "--private-epsilon",
            "1",
            "--ledger",
            ledger.toString(),
            "--private-delta",
            "0.5")
        .refused("delta 0.5 is not below 1/N");
    assertFalse(Files.exists(ledger));
  }
}
