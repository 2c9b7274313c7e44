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
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Model directories as other tools leave them: each loads as it should, or is refused by a line.
 */
class BroughtModelsTest {
  @TempDir static Path work;

  private static CommandRun finetune(Path model, Path train, Path output, String... more) {
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

  private static JsonNode evaluate(Path model, Path data, String... more) {
    List<String> args =
        new ArrayList<>(
            List.of("evaluate", "--model", model.toString(), "--data", data.toString(), "--json"));
    args.addAll(List.of(more));
    return CommandRun.of(args).json();
  }

  private static JsonNode generate(Path model, String prompt, String... more) {
    List<String> args =
        new ArrayList<>(
            List.of("generate", "--model", model.toString(), "--temperature", "0", "--json"));
    args.addAll(List.of("--prompt", prompt));
    args.addAll(List.of(more));
    return CommandRun.of(args).json();
  }

  /** Trains with and without validation data, evaluates and generates. */
  private static void trainsEvaluatesGenerates(Path model, Path texts) throws IOException {
    Path run = Files.createTempDirectory(work, "run").resolve("plain");
    finetune(model, texts, run, "--validation-fraction", "0").succeeded();
    JsonNode evaluated = evaluate(model, texts, "--adapter", run.toString());
    assertTrue(evaluated.get("tokens").asInt() > 0);
    assertTrue(
        generate(model, "One day", "--adapter", run.toString()).get("new_tokens").asInt() > 0);
    Path validation =
        TinyModel.write(run.resolveSibling("public.jsonl"), "{\"text\": \"The sun is out.\"}\n");
    Path second = run.resolveSibling("validated");
    finetune(model, texts, second, "--validation", validation.toString()).succeeded();
    assertTrue(Files.exists(second.resolve("adapter_model.safetensors")));
    CommandRun.of("generate", "--model", model.toString())
        .refused("--prompt is empty", "beginning-of-sequence");
  }

  @Test
  void aTokenizerWithoutABeginningServesEveryCommand() throws IOException {
    Path model = TinyModel.copy(TinyModel.in(work), work.resolve("nobos"));
    Path config = model.resolve("config.json");
    String text = Files.readString(config);
    String without = text.replaceFirst("\"bos_token_id\" : \\d+,", "");
    assertFalse(text.equals(without));
    Files.writeString(config, without);
    Files.writeString(model.resolve("tokenizer_config.json"), "{\"eos_token\": \"</s>\"}");
    trainsEvaluatesGenerates(model, TinyModel.notes(work));
  }

  /** The inputs on which faults were seen, made by the script that describes them. */
  @Nested
  @TestInstance(Lifecycle.PER_CLASS)
  class Cases {
    private static final Path SHARED = Path.of(System.getProperty("sotto.shared"));
    private static final Path BASE = SHARED.resolve("data/models/stories260K-hf");
    private Path cases;

    @BeforeAll
    void build() throws IOException, InterruptedException {
      Path script = SHARED.resolve("cases/build.py");
      Assumptions.assumeTrue(Files.exists(script), "the cases are not here: " + script);
      cases = Files.createDirectories(work.resolve("cases"));
      Process process;
      try {
        process =
            new ProcessBuilder("python3", script.toString(), cases.toString())
                .redirectErrorStream(true)
                .redirectOutput(work.resolve("cases.log").toFile())
                .start();
      } catch (IOException e) {
        Assumptions.abort("there is no python3 to make the cases: " + e.getMessage());
        return;
      }
      assertTrue(process.waitFor(60, TimeUnit.SECONDS));
      assertEquals(0, process.exitValue(), Files.readString(work.resolve("cases.log")));
    }

    @ParameterizedTest
    @ValueSource(
        strings = {"tied-head-only", "spare-fp8-tensor", "llama-with-sliding-window", "eos-list"})
    void loadAsTheBase(String name) {
      Path data = cases.resolve("five.jsonl");
      assertEquals(evaluate(BASE, data), evaluate(cases.resolve(name), data));
    }

    @ParameterizedTest
    @CsvSource({
      "unused-bias, model.layers.0.self_attn.q_proj.bias, attention_bias",
      "unused-layer, model.layers.4., num_hidden_layers 4",
      "quantised-fp8, quantised, quant_method fp8",
      "quantised-bitsandbytes, quantised, quant_method bitsandbytes",
    })
    void areRefused(String name, String first, String second) {
      Path model = cases.resolve(name);
      Path data = cases.resolve("five.jsonl");
      Path run = work.resolve("refused");
      finetune(model, data, run).refused(name, first, second);
      assertFalse(Files.exists(run));
      CommandRun.of("evaluate", "--model", model.toString(), "--data", data.toString())
          .refused(name, first, second);
      CommandRun.of("generate", "--model", model.toString()).refused(name, first, second);
    }

    @Test
    void endAtAnyOfSeveralTokens() {
      String prompt = "Once upon a time";
      String whole = generate(BASE, prompt, "--max-new-tokens", "60").get("completion").asText();
      String ended =
          generate(cases.resolve("eos-list"), prompt, "--max-new-tokens", "60")
              .get("completion")
              .asText();
      assertTrue(whole.contains("."), whole);
      assertEquals(whole.substring(0, whole.indexOf('.')), ended);
    }

    @Test
    void doWithoutABeginning() throws IOException {
      trainsEvaluatesGenerates(cases.resolve("no-bos"), cases.resolve("five.jsonl"));
    }
  }
}
