package dev.sotto.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sotto.checkpoint.AdapterConfig;
import dev.sotto.checkpoint.AdapterFiles;
import dev.sotto.checkpoint.LoraPair;
import dev.sotto.checkpoint.SavedModule;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.compute.Pooling;
import dev.sotto.data.Block;
import dev.sotto.gradient.PerSampleGradients;
import dev.sotto.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real encoder without a pooler, MiniLM of 22.6 million weights, with mean pooling and a head and
 * an adapter by formula: logits, losses and gradient norms of 16 sentences against values computed
 * in float64 by independent code, within ten times the error of float32 plus 1e-6.
 */
class RealEncoderTest {
  private static final Path SHARED = Path.of(System.getProperty("sotto.shared"));
  private static final Path MODEL = SHARED.resolve("data/models/minilm-l6");
  private static final Path GOLDEN = SHARED.resolve("oracles/real/minilm-l6/golden.json");
  private static final int HIDDEN = 384;
  private static final int INNER = 1536;
  private static final List<String> TARGETS =
      List.of(
          "attention.self.query",
          "attention.self.key",
          "attention.self.value",
          "attention.output.dense",
          "intermediate.dense",
          "output.dense");

  @TempDir Path adapter;

  @Test
  void agreesWithFloat64() throws IOException {
    Assumptions.assumeTrue(Files.exists(GOLDEN), "no reference values at " + GOLDEN);
    JsonNode golden = new ObjectMapper().readTree(GOLDEN.toFile());
    writeAdapter();
    ClassifierOptions two = ClassifierOptions.classes(2).pooled(Pooling.MEAN);
    try (Backend backend = Backends.open("cpu", 2);
        LanguageModel model = LanguageModel.load(backend, MODEL, Precision.F32, two);
        LoraAdapters lora = LoraAdapters.load(model, adapter);
        Tokenizer tokenizer = Tokenizer.open(MODEL, model.config().vocabularySize())) {
      assertEquals(6 * TARGETS.size(), lora.modules().size());
      JsonNode records = golden.get("records");
      Batch batch = new Batch(2048, records.size(), records.size());
      for (JsonNode record : records) {
        int[] ids = ints(record.get("ids"));
        int[] text = tokenizer.encode(sentence(record));
        assertArrayEquals(ids, tokenizer.sequenceFrame().of(text, Optional.empty(), 512).ids());
        batch.add(Block.labelled(ids, new int[0], record.get("label").asInt()), 1f);
        batch.endUnit();
      }
      PassCapacity capacity = PassCapacity.train(2048, records.size(), records.size(), 512);
      try (TransformerPass pass = new TransformerPass(model, lora, capacity);
          PerSampleGradients sink =
              new PerSampleGradients(backend, lora.layout(), records.size())) {
        compare(golden, "lora_logits", pass.logits(batch));
        sink.begin(records.size());
        compare(
            golden, "lora_loss", pass.forwardBackward(batch, sink).downloadFloats(records.size()));
        compareNorms(golden, lora, sink);
      }
      saveAgain(model, lora);
    }
  }

  private void compareNorms(JsonNode golden, LoraAdapters lora, PerSampleGradients sink) {
    int records = golden.get("records").size();
    int blocks = lora.layout().size();
    double[] squared = sink.norms().squaredNorms().downloadDoubles(records * blocks);
    float[] pairs = new float[records];
    float[] all = new float[records];
    for (int s = 0; s < records; s++) {
      double sum = 0;
      for (int k = 0; k < blocks; k++) {
        sum += squared[k * records + s];
        if (k == lora.modules().size() - 1) {
          pairs[s] = (float) Math.sqrt(sum);
        }
      }
      all[s] = (float) Math.sqrt(sum);
    }
    compare(golden, "lora_grad_norm", pairs);
    compare(golden, "grad_norm_flat", all);
  }

  /** The adapter of the bare encoder, as PEFT names it, and the head apart. */
  private void saveAgain(LanguageModel model, LoraAdapters lora) throws IOException {
    Path again = Files.createDirectories(adapter.resolve("again"));
    lora.save(again, model, "minilm");
    assertEquals("FEATURE_EXTRACTION", AdapterConfig.read(again).taskType());
    AdapterFiles.Adapter read = AdapterFiles.read(again);
    assertTrue(read.pairs().get(0).module().startsWith("encoder.layer.0."));
    assertEquals("classifier", read.saved().get(0).module());
    assertTrue(Files.exists(again.resolve(AdapterFiles.HEAD_FILE_NAME)));
    assertFalse(read.config().modulesToSave().contains("classifier"));
    try (LoraAdapters loaded = LoraAdapters.load(model, again)) {
      assertArrayEquals(lora.values(), loaded.values());
    }
  }

  private static void compare(JsonNode golden, String what, float[] actual) {
    double bound = 10 * golden.get("tolerance").get(what).get("max_abs_diff_f32").asDouble() + 1e-6;
    List<Double> expected = new ArrayList<>();
    for (JsonNode record : golden.get("records")) {
      JsonNode value = record.get(what);
      if (value.isArray()) {
        value.forEach(element -> expected.add(element.asDouble()));
      } else {
        expected.add(value.asDouble());
      }
    }
    assertEquals(expected.size(), actual.length, what);
    for (int i = 0; i < actual.length; i++) {
      assertEquals(expected.get(i), actual[i], bound, what + "[" + i + "]");
    }
  }

  private static String sentence(JsonNode record) {
    return record.get("sentence").asText();
  }

  private static int[] ints(JsonNode array) {
    return IntStream.range(0, array.size()).map(i -> array.get(i).asInt()).toArray();
  }

  private void writeAdapter() {
    List<LoraPair> pairs = new ArrayList<>();
    for (int layer = 0; layer < 6; layer++) {
      for (int module = 0; module < TARGETS.size(); module++) {
        int in = module == 5 ? INNER : HIDDEN;
        int out = module == 4 ? INNER : HIDDEN;
        pairs.add(
            new LoraPair(
                "encoder.layer." + layer + "." + TARGETS.get(module),
                8,
                in,
                out,
                byFormula(8, in, layer, module, 0, 0.1),
                byFormula(out, 8, layer, module, 1, 0.05)));
      }
    }
    SavedModule head =
        new SavedModule("classifier", HIDDEN, 2, byFormula(2, HIDDEN, 6, 0, 0, 0.5), new float[2]);
    AdapterConfig config =
        new AdapterConfig(
            null,
            "FEATURE_EXTRACTION",
            new AdapterConfig.Scaling(8, 16, false),
            TARGETS,
            false,
            0,
            List.of());
    AdapterFiles.write(adapter, new AdapterFiles.Adapter(config, pairs, List.of(head)), Map.of());
  }

  private static float[] byFormula(
      int rows, int columns, long layer, long module, long which, double s) {
    float[] values = new float[rows * columns];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        long n =
            (7919L * i + 104729L * j + 1299709 * layer + 15485863 * module + 611953 * which) % 2003;
        values[i * columns + j] = (float) (s * (n / 1001.0 - 1.0));
      }
    }
    return values;
  }
}
