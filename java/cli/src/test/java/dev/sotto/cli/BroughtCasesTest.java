package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The models on which faults were seen, made by the script that describes them. */
class BroughtCasesTest {
  @TempDir static Path work;

  private static final Path SHARED = Path.of(System.getProperty("sotto.shared"));
  private static final Path BASE = SHARED.resolve("data/models/stories260K-hf");
  private static Path cases;

  @BeforeAll
  static void build() throws IOException, InterruptedException {
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
    assertEquals(
        ModelCommands.evaluate(BASE, data), ModelCommands.evaluate(cases.resolve(name), data));
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
    ModelCommands.finetune(model, data, run).refused(name, first, second);
    assertFalse(Files.exists(run));
    CommandRun.of("evaluate", "--model", model.toString(), "--data", data.toString())
        .refused(name, first, second);
    CommandRun.of("generate", "--model", model.toString()).refused(name, first, second);
  }

  @Test
  void endAtAnyOfSeveralTokens() {
    String prompt = "Once upon a time";
    String whole =
        ModelCommands.generate(BASE, prompt, "--max-new-tokens", "60").get("completion").asText();
    String ended =
        ModelCommands.generate(cases.resolve("eos-list"), prompt, "--max-new-tokens", "60")
            .get("completion")
            .asText();
    assertTrue(whole.contains("."), whole);
    assertEquals(whole.substring(0, whole.indexOf('.')), ended);
    // Where texts have no end, the tokens that end one are like others.
    assertEquals(
        whole,
        ModelCommands.generate(
                cases.resolve("eos-list"), prompt, "--max-new-tokens", "60", "--end", "off")
            .get("completion")
            .asText());
  }

  @Test
  void doWithoutABeginning() throws IOException {
    // Its post-processor still puts <s> before a text, whether the token has a name or not.
    Path unnamed = cases.resolve("no-bos");
    assertEquals(
        ModelCommands.generate(BASE, "", "--max-new-tokens", "20"),
        ModelCommands.generate(unnamed, "", "--max-new-tokens", "20"));
    ModelCommands.beginWithNothing(unnamed);
    ModelCommands.trainsEvaluatesGenerates(unnamed, cases.resolve("five.jsonl"));
  }
}
