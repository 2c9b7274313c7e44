package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.base.Json;
import dev.sotto.checkpoint.AdapterConfig;
import dev.sotto.checkpoint.AdapterFiles;
import dev.sotto.checkpoint.LoraPair;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * SmolLM2-135M from its GGUF file, a real model whose tokenizer puts nothing before a text, against
 * losses that transformers and PEFT gave in float64: eight pairs with their end and two passages
 * without, base and adapter.
 */
class SmolLm2OracleTest {
  private static final Path SHARED = Path.of(System.getProperty("sotto.shared"));
  private static final List<String> TARGETS =
      List.of("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj");
  private static final int LAYERS = 30;
  private static final int HIDDEN = 576;
  private static final int KEYS = 192;
  private static final int INNER = 1536;

  /** Rows of each target's weight, and its columns. */
  private static final int[][] SHAPES = {
    {HIDDEN, HIDDEN},
    {KEYS, HIDDEN},
    {KEYS, HIDDEN},
    {HIDDEN, HIDDEN},
    {INNER, HIDDEN},
    {INNER, HIDDEN},
    {HIDDEN, INNER}
  };

  /** Ten times what float32 differs by in transformers itself. */
  private static final double TOLERANCE = 1.8e-4;

  @TempDir static Path work;

  private static JsonNode golden;
  private static Path model;
  private static Path adapter;

  @BeforeAll
  static void make() throws IOException {
    Path file = SHARED.resolve("oracles/real/smollm2-135m/golden.json");
    Assumptions.assumeTrue(Files.exists(file), "no reference values at " + file);
    golden = Json.read(file, "");
    model = SHARED.resolve("data/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf");
    Assumptions.assumeTrue(Files.exists(model), "no model at " + model);
    adapter = adapter();
  }

  /** The adapter of the reference values, which is a formula. */
  private static Path adapter() {
    List<LoraPair> pairs = new ArrayList<>();
    for (int layer = 0; layer < LAYERS; layer++) {
      for (int m = 0; m < TARGETS.size(); m++) {
        String block = m < 4 ? "self_attn." : "mlp.";
        int out = SHAPES[m][0];
        int in = SHAPES[m][1];
        pairs.add(
            new LoraPair(
                "model.layers." + layer + "." + block + TARGETS.get(m),
                8,
                in,
                out,
                values(8, in, layer, m, 0, 0.1),
                values(out, 8, layer, m, 1, 0.05)));
      }
    }
    Path folder = work.resolve("adapter");
    AdapterFiles.write(
        folder,
        AdapterConfig.causalLanguageModel(
            "smollm2", new AdapterConfig.Scaling(8, 16, false), TARGETS, false),
        pairs);
    return folder;
  }

  private static float[] values(
      int rows, int columns, int layer, int module, int which, double scale) {
    float[] values = new float[rows * columns];
    for (long i = 0; i < rows; i++) {
      for (long j = 0; j < columns; j++) {
        long n =
            (7919 * i + 104729 * j + 1299709L * layer + 15485863L * module + 611953L * which)
                % 2003;
        values[(int) (i * columns + j)] = (float) (scale * (n / 1001.0 - 1.0));
      }
    }
    return values;
  }

  @TestFactory
  Stream<DynamicTest> lossesOfTheBase() {
    return losses("base_loss");
  }

  @TestFactory
  Stream<DynamicTest> lossesOfTheAdapter() {
    return losses("lora_loss", "--adapter", adapter.toString());
  }

  private static Stream<DynamicTest> losses(String field, String... more) {
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonNode wanted : golden.get("records")) {
      String name = "record " + tests.size();
      tests.add(
          DynamicTest.dynamicTest(
              name,
              () -> {
                JsonNode loss = evaluate(wanted, more);
                assertEquals(wanted.get("targets").asInt(), loss.get("tokens").asInt());
                assertEquals(
                    wanted.get(field).asDouble(), loss.get("nats_per_token").asDouble(), TOLERANCE);
              }));
    }
    return tests.stream();
  }

  /** A pair as it is learned, with its end; a passage as text alone. */
  private static JsonNode evaluate(JsonNode wanted, String... more) {
    ObjectNode record = Json.object();
    String prompt = wanted.get("prompt").asText();
    List<String> options = new ArrayList<>(List.of(more));
    options.addAll(List.of("--precision", "f32"));
    if (prompt.isEmpty()) {
      record.put("text", wanted.get("completion").asText());
      options.addAll(List.of("--end", "off"));
    } else {
      // The line end between the two is the separator.
      record
          .put("mr", prompt.substring(0, prompt.length() - 1))
          .put("ref", wanted.get("completion").asText());
      options.addAll(List.of("--prompt-column", "mr", "--completion-column", "ref"));
    }
    Path data = PretrainedModel.write(work.resolve("record.jsonl"), record + "\n");
    return ModelCommands.evaluate(model, data, options.toArray(String[]::new));
  }

  @Test
  void continuesAsTheOriginalDoes() {
    JsonNode chat = golden.get("greedy").get(0);
    JsonNode said =
        ModelCommands.generate(
            model, chat.get("prompt").asText(), "--precision", "f32", "--max-new-tokens", "40");
    String continuation = chat.get("continuation").asText();
    assertEquals(continuation.replace("<|im_end|>", ""), said.get("completion").asText());
    // All but the token that ends it.
    assertEquals(chat.get("continuation_ids").size() - 1, said.get("new_tokens").asInt());
  }

  @Test
  void anEmptyPromptHasNothingToBeginWith() {
    CommandRun.of("generate", "--model", model.toString())
        .refused("--prompt is empty", "--begin on");
  }
}
