package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code --config} through the commands. */
class ConfigCommandTest {
  private static final String FINETUNE =
      """
      {"model": "model", "train": "notes.csv", "privacy-unit": "patient", "epsilon": 5,
       "batch_size": 6, "epochs": 2, "max_length": 48, "rank": 2, "alpha": 4}
      """;

  @TempDir static Path work;
  private static Path model;

  @BeforeAll
  static void makeModelAndNotes() {
    model = PretrainedModel.in(work);
    PretrainedModel.notes(work);
  }

  private static String config(String json) {
    return PretrainedModel.write(work.resolve("config.json"), json).toString();
  }

  private static CommandRun run(String command, String json, String... more) {
    List<String> args = new ArrayList<>(List.of(command, "--config", config(json)));
    args.addAll(List.of(more));
    return CommandRun.of(args);
  }

  private static String output(String name) {
    return work.resolve(name).toString();
  }

  private static JsonNode saved(String run) throws IOException {
    return new JsonMapper().readTree(Files.readAllBytes(work.resolve(run).resolve("run.json")));
  }

  @Test
  void theCommandLineWinsAndTheRunKeepsWhatWasInForce() throws IOException {
    String json = FINETUNE.replace("{", "{\"learning_rate\": 0.01, ");
    run("finetune", json, "--epsilon", "7", "--steps", "3", "--output", output("run")).succeeded();
    JsonNode kept = saved("run");
    assertEquals(7.0, kept.get("epsilon").asDouble(), "of the line, not the file's 5");
    assertEquals(3, kept.get("steps").asInt(), "of the line");
    assertFalse(kept.has("epochs"), "the file's, which --steps takes the place of");
    assertEquals(0.01, kept.get("learning_rate").asDouble(), "of the file");
    assertEquals("patient", kept.get("privacy_unit").asText(), "of the file");
    assertEquals(1.0, kept.get("clip_norm").asDouble(), "a default");

    JsonNode again =
        CommandRun.of(
                "finetune",
                "--config",
                work.resolve("run/run.json").toString(),
                "--output",
                output("again"),
                "--json")
            .json();
    assertEquals(3, again.get("steps").asInt());
    JsonNode copy = saved("again");
    assertEquals(kept.get("epsilon"), copy.get("epsilon"));
    assertEquals(kept.get("learning_rate"), copy.get("learning_rate"));
    assertEquals(kept.size(), copy.size());
  }

  @Test
  void everyCommandReadsItsOwnNames() {
    JsonNode plan =
        run(
                "plan",
                "{\"units\": 1000, \"epsilon\": 2, \"batch_size\": 50, \"steps\": 10}",
                "--epsilon",
                "3",
                "--json")
            .json();
    assertTrue(plan.get("epsilon").asDouble() > 2.9, "of the line");
    String evaluate = "{\"model\": \"model\", \"data\": \"notes.csv\", \"max_length\": 16}";
    JsonNode short16 = run("evaluate", evaluate, "--json").json();
    JsonNode short8 = run("evaluate", evaluate, "--max-length", "8", "--json").json();
    assertTrue(short16.get("tokens").asInt() > short8.get("tokens").asInt());
  }

  @Test
  void pretrainingTakesSettingsOrAModelsDescription() {
    String json =
        """
        {"model_config": "model/config.json", "tokenizer": "model", "train": "public.txt",
         "steps": 9, "max_length": 32, "batch_tokens": 64}
        """;
    JsonNode result =
        run("pretrain", json, "--steps", "2", "--output", output("base"), "--json").json();
    assertEquals(2, result.get("steps").asInt(), "of the line");
  }

  @ParameterizedTest
  @CsvSource({
    "finetune, epsilom, epsilon",
    "evaluate, max_lenght, max_length",
    "pretrain, batch_token, batch_tokens",
    "plan, unit, units",
    "account, ledgr, ledger",
    "generate, modl, model",
    "audit, modl, model"
  })
  void anUnknownKeyIsRefusedWithTheNearest(String command, String key, String nearest) {
    run(command, "{\n  \"" + key + "\": 1}")
        .refused(
            work.resolve("config.json") + ": line 2, column 3: key '" + key + "' is unknown",
            "did you mean '" + nearest + "'?");
  }

  @ParameterizedTest
  @CsvSource({
    "finetune, epsilon, true, a number from 1e-6 to 100",
    "evaluate, max_length, 1.5, a whole number",
    "pretrain, steps, [3], a whole number",
    "plan, units, \"many\", a whole number",
    "account, json, 1, true or false"
  })
  void aValueOfAnotherTypeIsRefused(String command, String key, String value, String wanted) {
    run(command, "{\"" + key + "\": " + value + "}").refused("key '" + key + "' is ", wanted);
  }

  @ParameterizedTest
  @ValueSource(strings = {"finetune", "evaluate", "pretrain", "plan"})
  void aFileNamesNoOther(String command) {
    run(command, "{\"config\": \"other.json\"}").refused("key 'config' is unknown");
  }

  @Test
  void whatIsNeitherOnTheLineNorInTheFileIsMissing() {
    run("finetune", "{\"epsilon\": 5}").refused("--model is missing");
    run("finetune", FINETUNE.replace("{", "{\"no_privacy\": true, "), "--output", output("none"))
        .refused("'no_privacy'", "exclude each other");
  }

  /** A study's file is its configuration, with a key for each thing compared. */
  @Test
  void aStudyRefusesKeysAndTypesLikewise() {
    PretrainedModel.write(work.resolve("held-out.csv"), "text\na third\n");
    String study =
        """
        {"data_is_public": true, "model": "model", "train": "notes.csv", "steps": 10,
         "validation": "held-out.csv", "controllers": ["constant"], "epsilons": [2],
         "seeds": [1], "batch_size": 1}
        """;
    run("study", study, "--output", output("s"), "--dry-run").succeeded();
    run("study", study.replace("seeds", "sedes"), "--output", output("s")).refused("seeds");
    run("study", study.replace("[2]", "[-2]"), "--output", output("s"))
        .refused("'epsilons'", "-2", "a number from 1e-6 to 100");
    run("study", study.replace("[1]", "[1.5]"), "--output", output("s"))
        .refused("'seeds'", "1.5", "a whole number");
    run("study", study.replace("constant", "constnat"), "--output", output("s"))
        .refused("controllers[0]", "constnat", "one of ");
    assertFalse(Files.exists(work.resolve("s")));
  }
}
