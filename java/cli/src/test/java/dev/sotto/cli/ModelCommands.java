package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.base.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The commands that open a model, with few options. */
final class ModelCommands {
  private ModelCommands() {}

  static CommandRun finetune(Path model, Path train, Path output, String... more) {
    List<String> args =
        new ArrayList<>(
            List.of(
                "finetune",
                "--model",
                model.toString(),
                "--train",
                train.toString(),
                "--output",
                output.toString(),
                "--batch-size",
                "2",
                "--steps",
                "2",
                "--max-length",
                "32"));
    args.addAll(List.of(more));
    return CommandRun.of(args);
  }

  static JsonNode evaluate(Path model, Path data, String... more) {
    List<String> args =
        new ArrayList<>(
            List.of("evaluate", "--model", model.toString(), "--data", data.toString(), "--json"));
    args.addAll(List.of(more));
    return CommandRun.of(args).json();
  }

  static JsonNode generate(Path model, String prompt, String... more) {
    List<String> args =
        new ArrayList<>(
            List.of("generate", "--model", model.toString(), "--temperature", "0", "--json"));
    args.addAll(List.of("--prompt", prompt));
    args.addAll(List.of(more));
    return CommandRun.of(args).json();
  }

  /** Has the model's own tokenizer put nothing before a text. */
  static void beginWithNothing(Path model) throws IOException {
    Path file = model.resolve("tokenizer.json");
    ObjectNode root = (ObjectNode) Json.read(file, "");
    root.putNull("post_processor");
    Files.write(file, Json.file(root));
  }

  /** Trains with and without validation data, evaluates and generates. */
  static void trainsEvaluatesGenerates(Path model, Path texts) throws IOException {
    Path run =
        Files.createTempDirectory(texts.toAbsolutePath().getParent(), "run").resolve("plain");
    finetune(model, texts, run, "--validation-fraction", "0").succeeded();
    JsonNode evaluated = evaluate(model, texts, "--adapter", run.toString());
    assertTrue(evaluated.get("tokens").asInt() > 0);
    assertTrue(
        generate(model, "One day", "--adapter", run.toString()).get("new_tokens").asInt() > 0);
    Path validation =
        PretrainedModel.write(
            run.resolveSibling("public.jsonl"), "{\"text\": \"The sun is out.\"}\n");
    Path second = run.resolveSibling("validated");
    finetune(model, texts, second, "--validation", validation.toString()).succeeded();
    assertTrue(Files.exists(second.resolve("adapter_model.safetensors")));
    CommandRun.of("generate", "--model", model.toString())
        .refused("--prompt is empty", "beginning-of-sequence");
  }
}
