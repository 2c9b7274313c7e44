package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code finetune --mechanism}: what it makes, what it marks, and what it refuses. */
class NoiseOptionsTest {
  private static final String LAW =
      """
      {"gamma_weight": 0.1, "gamma_shape": 2, "gamma_scale": 1, "exponential_weight": 0.1,
       "exponential_rate": 5, "uniform_weight": 0.2, "uniform_low": 7, "uniform_high": 8}
      """;
  private static final String NO_GUARANTEE = "not a differential privacy guarantee";

  @TempDir static Path work;
  static Path model;
  static Path notes;
  static Path law;

  @BeforeAll
  static void makeModelAndNotes() throws IOException {
    model = PretrainedModel.in(work);
    notes = PretrainedModel.notes(work);
    law = Files.writeString(work.resolve("law.json"), LAW);
  }

  private static CommandRun finetune(String output, String... more) {
    List<String> args =
        new ArrayList<>(
            List.of(
                "finetune",
                "--model",
                model.toString(),
                "--train",
                notes.toString(),
                "--output",
                work.resolve(output).toString(),
                "--batch-size",
                "6",
                "--steps",
                "3",
                "--max-length",
                "48",
                "--rank",
                "2"));
    args.addAll(List.of(more));
    return CommandRun.of(args);
  }

  private static String[] lmo(String... more) {
    List<String> args = new ArrayList<>(List.of("--mechanism", "lmo", "--noise", law.toString()));
    args.addAll(List.of(more));
    return args.toArray(String[]::new);
  }

  @Test
  void lmoRunsAreProvenFromTheirLedger() {
    for (String clipping : List.of("flat", "per-adapter")) {
      String output = "lmo-" + clipping;
      JsonNode result = finetune(output, lmo("--clipping", clipping, "--json")).json();
      assertTrue(result.get("epsilon").asDouble() <= 8 && result.get("epsilon").asDouble() > 7.9);
      assertFalse(result.has("guarantee"));
      JsonNode account =
          CommandRun.of("account", "--ledger", result.get("ledger").asText(), "--json").json();
      assertEquals("lmo", account.get("mechanism").asText());
      assertEquals(result.get("epsilon").asDouble(), account.get("epsilon").asDouble(), 1e-9);
      finetune(output, lmo("--clipping", clipping, "--resume")).succeeded();
    }
  }

  @Test
  void laplaceRunsAreProvenFromTheirLedger() {
    JsonNode result = finetune("laplace", "--mechanism", "laplace", "--json").json();
    CommandRun account = CommandRun.of("account", "--ledger", result.get("ledger").asText());
    assertTrue(account.succeeded().out().contains("with laplace noise"), account.out());
  }

  @Test
  void resumeRefusesAChangedNoiseFile() throws IOException {
    Path changing = Files.writeString(work.resolve("changing.json"), LAW);
    String[] options = {"--mechanism", "lmo", "--noise", changing.toString()};
    finetune("changed", options).succeeded();
    Files.writeString(changing, LAW.replace("\"uniform_high\": 8", "\"uniform_high\": 8.5"));
    List<String> again = new ArrayList<>(List.of(options));
    again.add("--resume");
    finetune("changed", again.toArray(String[]::new)).refused("uniform_high = 8.0", "8.5");
  }

  @Test
  void paperAccountingIsMarkedEverywhereAndStatesNoEpsilon() throws IOException {
    CommandRun run = finetune("paper", lmo("--accounting", "paper")).succeeded();
    String loud = "NOT A DIFFERENTIAL PRIVACY GUARANTEE";
    assertTrue(run.err().startsWith(loud), run.err());
    assertTrue(run.err().lines().filter(line -> line.startsWith(loud)).count() >= 2, run.err());
    assertTrue(run.out().contains(loud), run.out());
    String said = (run.out() + run.err()).replace("\n", " ");
    assertFalse(said.matches(".*[eE]psilon +(at most )?[0-9].*"), said);
    for (String name :
        List.of("settings.json", "report.md", "ledger.jsonl", "adapter_model.safetensors")) {
      byte[] bytes = Files.readAllBytes(work.resolve("paper").resolve(name));
      assertTrue(new String(bytes, StandardCharsets.ISO_8859_1).contains(NO_GUARANTEE), name);
    }
    JsonNode result = finetune("paper", lmo("--accounting", "paper", "--resume", "--json")).json();
    assertTrue(result.get("epsilon").isNull());
    assertEquals(8, result.get("claimed_epsilon_paper").asDouble());
    assertEquals("none", result.get("guarantee").asText());
    CommandRun.of("account", "--ledger", result.get("ledger").asText())
        .refused("ledger.jsonl", "no epsilon is stated", NO_GUARANTEE, "events");
    CommandRun.of("account", "--ledger", result.get("ledger").asText(), "--json")
        .refused("no epsilon is stated");
    finetune("paper", lmo("--resume")).refused("accounting = paper", "exact");
  }

  @Test
  void optionsThatDoNotGoTogether() {
    refused(List.of("--noise", law.toString()), "--noise", "--mechanism lmo");
    refused(
        List.of("--mechanism", "laplace", "--noise", law.toString()), "--noise", "--mechanism lmo");
    refused(List.of("--mechanism", "lmo"), "--noise is missing", "FILE");
    refused(List.of("--mechanism", "cauchy"), "cauchy", "laplace");
    refused(List.of("--accounting", "paper"), "--accounting paper", "--mechanism lmo");
    refused(List.of("--mechanism", "laplace", "--accounting", "paper"), "--accounting paper");
    refused(List.of(lmo("--accounting", "rough")), "rough", "exact");
    refused(List.of(lmo("--accounting", "paper", "--accountant", "rdp")), "--accountant");
    refused(List.of("--no-privacy", "--mechanism", "laplace"), "--no-privacy", "--mechanism");
    refused(List.of(lmo("--no-privacy")), "--no-privacy");
    refused(
        List.of(lmo("--accounting", "paper", "--delta", "1e-30", "--epsilon", "1e-9")),
        "--epsilon 1e-9");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"gamma_weight\": 0.1 | \"gamma_weight\": -0.1 | gamma_weight | -0.1",
        "_weight\": 0.[12] | _weight\": 0 | weight | 0",
        "\"uniform_low\": 7 | \"uniform_low\": 9 | uniform_low | 9",
        "\"gamma_scale\": 1 | \"gamma_scale\": NaN | gamma_scale | NaN",
        "\"gamma_scale\": 1 | \"gamma_scale\": 1e999 | gamma_scale | Infinity",
        "\"gamma_scale\" | \"gamma_size\" | gamma_size | gamma_scale",
        "\"gamma_scale\": 1, | '' | gamma_scale | missing",
        "\\} | '' | no JSON | line"
      })
  void noiseFilesThatAreWrong(String part, String replacement, String field, String word)
      throws IOException {
    Path bad = work.resolve("bad.json");
    Files.writeString(bad, LAW.replaceAll(part, replacement));
    refused(List.of("--mechanism", "lmo", "--noise", bad.toString()), "bad.json", field, word);
  }

  @Test
  void noiseFilesThatAreNotThere() {
    refused(
        List.of("--mechanism", "lmo", "--noise", work.resolve("none.json").toString()),
        "none.json",
        "no such file");
    refused(List.of("--mechanism", "lmo", "--noise", work.toString()), work.toString());
  }

  private static void refused(List<String> options, String... words) {
    finetune("refused", options.toArray(String[]::new)).refused(words);
    assertFalse(Files.exists(work.resolve("refused")), "nothing is left behind");
  }
}
