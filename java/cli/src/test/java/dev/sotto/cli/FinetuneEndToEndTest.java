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

/** The whole way on a tiny model: pretrain, finetune, account, evaluate, generate, resume. */
class FinetuneEndToEndTest {
  @TempDir static Path work;
  static Path model;
  static Path notes;

  @BeforeAll
  static void makeModelAndNotes() {
    model = PretrainedModel.in(work);
    notes = PretrainedModel.notes(work);
  }

  private static List<String> finetune(String output, String... more) {
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
                "--privacy-unit",
                "patient",
                "--batch-size",
                "6",
                "--steps",
                "8",
                "--max-length",
                "48",
                "--rank",
                "2",
                "--alpha",
                "4",
                "--learning-rate",
                "0.01",
                "--checkpoint-every",
                "3"));
    args.addAll(List.of(more));
    return args;
  }

  private static String[] evaluate(String... more) {
    List<String> args =
        new ArrayList<>(
            List.of("evaluate", "--model", model.toString(), "--data", notes.toString(), "--json"));
    args.addAll(List.of(more));
    return args.toArray(String[]::new);
  }

  @Test
  void pretrainingMakesAHuggingFaceModel() throws IOException {
    JsonNode config = new JsonMapper().readTree(Files.readAllBytes(model.resolve("config.json")));
    assertEquals(480, config.get("vocab_size").asInt());
    assertEquals(1, config.get("bos_token_id").asInt());
    assertEquals(2, config.get("eos_token_id").asInt());
    for (String name : List.of("model.safetensors", "tokenizer.json", "tokenizer_config.json")) {
      assertTrue(Files.size(model.resolve(name)) > 100, name);
    }
    JsonNode result = CommandRun.of(evaluate("--max-length", "32")).json();
    assertEquals(60, result.get("records").asInt());
    assertTrue(result.get("tokens").asInt() <= 60 * 31);
    assertTrue(result.get("nats_per_token").asDouble() < Math.log(480));
    assertEquals(
        Math.exp(result.get("nats_per_token").asDouble()),
        result.get("perplexity").asDouble(),
        1e-9 * result.get("perplexity").asDouble());
  }

  @Test
  void pretrainingTakesATokenizerAndStoresHalves() {
    Path again = work.resolve("again");
    JsonNode result =
        CommandRun.of(
                "pretrain",
                "--config",
                model.resolve("config.json").toString(),
                "--tokenizer",
                model.toString(),
                "--train",
                work.resolve("public.txt").toString(),
                "--output",
                again.toString(),
                "--steps",
                "2",
                "--max-length",
                "32",
                "--batch-tokens",
                "64",
                "--dtype",
                "bf16",
                "--json")
            .json();
    assertEquals(2, result.get("steps").asInt());
    assertEquals(480, result.get("vocabulary_size").asInt());
    assertTrue(
        again.resolve("model.safetensors").toFile().length()
            < 0.6 * model.resolve("model.safetensors").toFile().length());
    CommandRun.of("generate", "--model", again.toString(), "--max-new-tokens", "5").succeeded();
  }

  @Test
  void finetunesPrivatelyAndProvesIt() throws IOException {
    JsonNode result =
        CommandRun.of(finetune("run", "--epsilon", "5", "--validation-fraction", "0.2", "--json"))
            .json();
    assertTrue(result.get("epsilon").asDouble() <= 5);
    assertTrue(result.get("epsilon").asDouble() > 4.9);
    assertEquals(1e-5, result.get("delta").asDouble());
    assertEquals(8, result.get("steps").asInt());
    assertTrue(result.get("perplexity_before").asDouble() > 1);
    assertTrue(result.get("perplexity_after").asDouble() > 1);
    String adapter = result.get("adapter").asText();
    assertTrue(Files.exists(Path.of(result.get("report").asText())));

    JsonNode account =
        CommandRun.of("account", "--ledger", result.get("ledger").asText(), "--json").json();
    assertEquals(result.get("epsilon").asDouble(), account.get("epsilon").asDouble(), 1e-9);
    assertEquals(8, account.get("steps").asInt());
    assertEquals("patient", account.get("privacy_unit").asText());
    assertFalse(account.get("seeded").asBoolean());
    assertTrue(account.get("by_accountant").get("rdp").asDouble() >= 5);

    double base = CommandRun.of(evaluate()).json().get("perplexity").asDouble();
    double adapted =
        CommandRun.of(evaluate("--adapter", adapter)).json().get("perplexity").asDouble();
    assertTrue(base != adapted);

    String[] generate = {
      "generate",
      "--model",
      model.toString(),
      "--adapter",
      adapter,
      "--prompt",
      "54 yo F with",
      "--max-new-tokens",
      "6",
      "--seed",
      "7",
      "--json"
    };
    JsonNode text = CommandRun.of(generate).json();
    assertEquals(text, CommandRun.of(generate).json());
    assertTrue(text.get("text").asText().startsWith("54 yo F with"));
    assertEquals(text.get("text").asText(), "54 yo F with" + text.get("completion").asText());
    assertTrue(text.get("new_tokens").asInt() <= 6);
  }

  @Test
  void precisionIsAskedForAndKept() throws IOException {
    CommandRun.of(finetune("narrow", "--precision", "bf16")).succeeded();
    CommandRun.of(finetune("narrow", "--resume")).refused("precision = bf16", "f32");
    CommandRun.of(finetune("narrow", "--resume", "--precision", "bf16")).succeeded();
    double wide = CommandRun.of(evaluate()).json().get("perplexity").asDouble();
    double named =
        CommandRun.of(evaluate("--precision", "f32")).json().get("perplexity").asDouble();
    double narrow =
        CommandRun.of(evaluate("--precision", "bf16")).json().get("perplexity").asDouble();
    assertEquals(wide, named);
    assertTrue(wide != narrow);
    assertEquals(wide, narrow, 0.01 * wide);
    CommandRun.of(evaluate("--precision", "f16")).refused("--precision", "f16", "f32, bf16");
    String prompt = "54 yo F with";
    CommandRun.of(
            "generate",
            "--model",
            model.toString(),
            "--precision",
            "bf16",
            "--prompt",
            prompt,
            "--max-new-tokens",
            "3")
        .succeeded();
  }

  @Test
  void resumesWithTheSameSettingsAndNoOthers() throws IOException {
    CommandRun.of(finetune("resumed")).succeeded();
    // Nothing is left to do, and nothing more is charged.
    JsonNode again = CommandRun.of(finetune("resumed", "--resume", "--json")).json();
    assertEquals(8, again.get("steps").asInt());
    CommandRun.of(finetune("resumed", "--resume", "--epsilon", "3"))
        .refused("settings.json", "epsilon", "8.0", "3.0");
    CommandRun.of(finetune("resumed", "--resume", "--seed", "5")).refused("seed = 0", "5");
    CommandRun.of(finetune("resumed")).refused("not empty", "--resume");
    CommandRun.of(finetune("never", "--resume")).refused("never", "no run to resume");
    assertFalse(Files.exists(work.resolve("never")));

    Path ledger = work.resolve("resumed").resolve("ledger.jsonl");
    String lines = Files.readString(ledger);
    Files.writeString(ledger, lines.replaceFirst("\"noise_?[mM]ultiplier\":", "$0 "));
    CommandRun.of("account", "--ledger", ledger.toString()).refused("ledger.jsonl");
    CommandRun.of(finetune("resumed", "--resume")).refused("ledger.jsonl");
    Files.writeString(ledger, "");
    CommandRun.of("account", "--ledger", ledger.toString()).refused("ledger.jsonl");
  }

  @Test
  void finetunesWithoutPrivacyOnlyWhenTold() {
    CommandRun run = CommandRun.of(finetune("open", "--no-privacy", "--json"));
    assertTrue(run.json().get("epsilon").isNull());
    assertTrue(run.json().get("ledger").isNull());
    assertTrue(run.err().contains("NONE"), run.err());
    CommandRun.of(finetune("both", "--no-privacy", "--epsilon", "3"))
        .refused("--no-privacy", "--epsilon");
  }

  @Test
  void showsNothingPrivateUnlessAsked() {
    CommandRun quiet = CommandRun.of(finetune("quiet")).succeeded();
    assertFalse((quiet.out() + quiet.err()).contains("loss"), quiet.err());
    CommandRun loud =
        CommandRun.of(
                finetune(
                    "loud",
                    "--unsafe-diagnostics",
                    "--insecure-test-seed",
                    "3",
                    "--clipping",
                    "per-adapter",
                    "--noise-allocation",
                    "minimum-variance",
                    "--optimizer",
                    "sgd"))
            .succeeded();
    assertTrue(loud.err().contains("UNSAFE exact training loss at step "), loud.err());
    assertTrue(loud.err().contains("INSECURE"), loud.err());
  }

  @Test
  void learnsCompletionsOfPrompts() throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 20; i++) {
      lines.append("{\"question\": \"how many\", \"answer\": \"there are " + i + "\"}\n");
    }
    Path pairs = Files.writeString(work.resolve("pairs.jsonl"), lines.toString());
    List<String> args = finetune("pairs");
    args.set(args.indexOf("--train") + 1, pairs.toString());
    int unit = args.indexOf("--privacy-unit");
    args.remove(unit + 1);
    args.remove(unit);
    args.addAll(List.of("--prompt-column", "question", "--completion-column", "answer"));
    CommandRun.of(args).succeeded();
    JsonNode result =
        CommandRun.of(
                "evaluate",
                "--model",
                model.toString(),
                "--data",
                pairs.toString(),
                "--prompt-column",
                "question",
                "--completion-column",
                "answer",
                "--json")
            .json();
    assertEquals(20, result.get("records").asInt());
    CommandRun.of(
            "evaluate",
            "--model",
            model.toString(),
            "--data",
            pairs.toString(),
            "--prompt-column",
            "question")
        .refused("--completion-column is missing");
  }

  @Test
  void doctorNamesTheBackend() {
    JsonNode found = CommandRun.of("doctor", "--backend", "cpu", "--threads", "1", "--json").json();
    assertEquals("cpu", found.get("backend").asText());
    assertEquals("1", found.get("threads").asText());
    for (String field :
        List.of("java", "os", "reason", "isa", "private_gemm", "public_gemm", "cuda")) {
      assertFalse(found.get(field).asText().isBlank(), field);
    }
  }
}
