package dev.sotto.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.checkpoint.AdapterConfig;
import dev.sotto.checkpoint.AdapterFiles;
import dev.sotto.checkpoint.LoraPair;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.data.Block;
import dev.sotto.fixtures.Python;
import dev.sotto.fixtures.TinyModel;
import dev.sotto.model.Batch;
import dev.sotto.model.ClassifierOptions;
import dev.sotto.model.LanguageModel;
import dev.sotto.model.LoraAdapters;
import dev.sotto.model.PassCapacity;
import dev.sotto.model.Precision;
import dev.sotto.model.TransformerPass;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An adapter trained here gives the same logits in Python's PEFT. Runs where a Python with torch,
 * transformers and peft is found: property {@code sotto.python}, environment SOTTO_PYTHON, or
 * {@code python3}.
 */
class PeftTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int SEQUENCES = 3;

  @TempDir Path dir;

  @Test
  void anAdapterTrainedHereGivesTheSameLogitsInPeft() throws Exception {
    String python = Python.with(PeftTest.class, "torch", "transformers", "peft");
    ObjectNode request = JSON.createObjectNode();
    ArrayNode cases = request.putArray("cases");
    List<String> names = List.of("llama", "gpt2", "llama-frozen", "gpt2-frozen");
    float[][][] expected = new float[names.size()][][];
    for (int c = 0; c < names.size(); c++) {
      Path own = Files.createDirectory(dir.resolve(names.get(c)));
      Runs runs = Runs.in(own);
      runs.freezeA = c >= 2;
      if (names.get(c).startsWith("gpt2")) {
        try (Backend backend = Backends.open("cpu", 1)) {
          TinyModel.directory(backend, runs.model, true);
        }
        runs.adapter = runs.freezeA ? ofSeveralRanks(own.resolve("start")) : null;
      }
      runs.privacy = null;
      runs.learningRate = 0.05;
      runs.run();
      int[][] ids = ids();
      expected[c] = logits(runs, ids);
      ObjectNode node = cases.addObject();
      node.put("model", runs.model.toString());
      node.put("adapter", runs.output.toString());
      node.set("ids", JSON.valueToTree(ids));
    }
    JsonNode answer = ask(python, request);
    for (int c = 0; c < names.size(); c++) {
      for (int s = 0; s < SEQUENCES; s++) {
        JsonNode actual = answer.get("cases").get(c).get(s);
        assertEquals(expected[c][s].length, actual.size());
        for (int i = 0; i < actual.size(); i++) {
          assertEquals(
              actual.get(i).asDouble(), expected[c][s][i], 1e-4, names.get(c) + ": logit " + i);
        }
      }
    }
  }

  /** An adapter of fused projections to go on from, of two ranks and scaled by α/√r. */
  private static Path ofSeveralRanks(Path start) {
    Random random = new Random(6);
    List<LoraPair> pairs = new ArrayList<>();
    for (int layer = 0; layer < 2; layer++) {
      int rank = 2 + layer;
      int width = TinyModel.HIDDEN;
      pairs.add(
          new LoraPair(
              "transformer.h." + layer + ".attn.c_attn",
              rank,
              width,
              3 * width,
              normal(random, rank * width),
              normal(random, 3 * width * rank)));
    }
    AdapterFiles.write(
        start,
        AdapterConfig.causalLanguageModel(
            "base",
            new AdapterConfig.Scaling(2, 4, true, Map.of("h.1.attn.c_attn", 3), Map.of()),
            List.of("c_attn"),
            true),
        pairs);
    return start;
  }

  private static float[] normal(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (0.2 * random.nextGaussian());
    }
    return values;
  }

  /**
   * HuggingFace's own heads: what was read from PEFT, changed and written here, PEFT reads again.
   */
  @Test
  void aHeadSavedHereGivesTheSameLogitsInPeft() throws Exception {
    Path oracles = Path.of(System.getProperty("sotto.shared"), "oracles/models2");
    Assumptions.assumeTrue(Files.isDirectory(oracles), "no models at " + oracles);
    String python = Python.with(PeftTest.class, "torch", "transformers", "peft");
    Map<String, Integer> models =
        Map.of("bert-cls", 2, "roberta-cls", 2, "distilbert-cls", 2, "gpt2-score", 3);
    ObjectNode request = JSON.createObjectNode();
    ArrayNode cases = request.putArray("cases");
    List<float[]> expected = new ArrayList<>();
    int[] ids = {5, 17, 9, 33, 21, 8};
    for (Map.Entry<String, Integer> entry : models.entrySet()) {
      Path oracle = oracles.resolve(entry.getKey());
      Path base = copy(oracle, entry.getKey() + "-base", "config.json", "model.safetensors");
      Path theirs = copy(oracle, entry.getKey(), "adapter_config.json", "lora.safetensors");
      Files.move(theirs.resolve("lora.safetensors"), theirs.resolve("adapter_model.safetensors"));
      Path ours = Files.createDirectory(dir.resolve(entry.getKey() + "-ours"));
      ClassifierOptions head = ClassifierOptions.classes(entry.getValue());
      try (Backend backend = Backends.open("cpu", 1);
          LanguageModel model = LanguageModel.load(backend, base, Precision.F32, head);
          LoraAdapters lora = LoraAdapters.load(model, theirs)) {
        float[] weights = lora.values();
        for (int i = 0; i < weights.length; i++) {
          weights[i] *= 1 + 0.1f * (i % 3);
        }
        lora.weights().upload(weights);
        lora.save(ours, model, base.toString());
        try (TransformerPass pass =
            new TransformerPass(model, lora, PassCapacity.evaluate(32, 16))) {
          Batch batch = new Batch(32, 1, 1);
          batch.add(Block.labelled(ids, new int[0], 0), 0f);
          batch.endUnit();
          expected.add(pass.logits(batch));
        }
      }
      ObjectNode node = cases.addObject();
      node.put("model", base.toString());
      node.put("adapter", ours.toString());
      node.put("labels", entry.getValue());
      node.putArray("ids").add(JSON.valueToTree(ids));
    }
    JsonNode answer = ask(python, request).get("cases");
    for (int c = 0; c < expected.size(); c++) {
      JsonNode actual = answer.get(c).get(0);
      assertEquals(expected.get(c).length, actual.size());
      for (int i = 0; i < actual.size(); i++) {
        assertEquals(actual.get(i).asDouble(), expected.get(c)[i], 1e-5, "case " + c);
      }
    }
  }

  private Path copy(Path from, String name, String... files) throws IOException {
    Path to = Files.createDirectory(dir.resolve(name));
    for (String file : files) {
      Files.copy(from.resolve(file), to.resolve(file));
    }
    return to;
  }

  private static int[][] ids() {
    Random random = new Random(4);
    int[][] ids = new int[SEQUENCES][];
    for (int s = 0; s < SEQUENCES; s++) {
      ids[s] = random.ints(1 + 7 * s, 3, 300).toArray();
    }
    return ids;
  }

  /** Also checks that training moved the logits well beyond the tolerance of the comparison. */
  private static float[][] logits(Runs runs, int[][] ids) {
    float[][] result = new float[ids.length][];
    double moved = 0;
    try (Backend backend = Backends.open("cpu", 1);
        LanguageModel model = LanguageModel.load(backend, runs.model);
        LoraAdapters lora = LoraAdapters.load(model, runs.output);
        TransformerPass adapted = new TransformerPass(model, lora, PassCapacity.evaluate(32, 32));
        TransformerPass base = new TransformerPass(model, null, PassCapacity.evaluate(32, 32))) {
      for (int s = 0; s < ids.length; s++) {
        Batch batch = new Batch(32, 1, 1);
        batch.add(ids[s], ids[s], 0f);
        batch.endUnit();
        result[s] = adapted.logits(batch);
        float[] before = base.logits(batch);
        for (int i = 0; i < before.length; i++) {
          moved = Math.max(moved, Math.abs(before[i] - result[s][i]));
        }
      }
    }
    assertTrue(moved > 0.01, "the adapter changes nothing: " + moved);
    return result;
  }

  private JsonNode ask(String python, ObjectNode request) throws IOException, InterruptedException {
    Path script = dir.resolve("peft_logits.py");
    try (InputStream source = PeftTest.class.getResourceAsStream("/peft_logits.py")) {
      Files.copy(source, script);
    }
    Path errors = dir.resolve("errors.txt");
    Process process =
        new ProcessBuilder(python, script.toString()).redirectError(errors.toFile()).start();
    try (OutputStream in = process.getOutputStream()) {
      in.write(JSON.writeValueAsBytes(request));
    }
    byte[] answer = process.getInputStream().readAllBytes();
    assertEquals(0, process.waitFor(), () -> read(errors));
    return JSON.readTree(answer);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
