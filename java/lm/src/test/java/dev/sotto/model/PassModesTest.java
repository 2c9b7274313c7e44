package dev.sotto.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sotto.checkpoint.SafetensorsFile;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.data.Block;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A pass that trains, one that evaluates in the memory of one layer, and one that goes on from
 * cached keys and values compute the same function, in every family and with its adapter.
 */
class PassModesTest {
  private static final int SEQUENCES = 5;

  @TempDir Path temp;

  /** To the bit: what differs is where activations lie. Outputs are 0 for the next token. */
  @ParameterizedTest
  @CsvSource({
    "models/gpt2,0",
    "models/llama,0",
    "models/llama3,0",
    "models/mistral,0",
    "models2/gpt2,0",
    "models2/llama,0",
    "models2/qwen2,0",
    "models2/qwen3,0",
    "models2/smollm3,0",
    "models2/gemma,0",
    "models2/gemma2,0",
    "models2/gemma3_text,0",
    "models2/phi3,0",
    "models2/phi,0",
    "models2/gpt_neox,0",
    "models2/opt,0",
    "models2/olmo2,0",
    "models/bert,3",
    "models/roberta,2",
    "models2/bert-cls,2",
    "models2/bert-cls3-pairs,3",
    "models2/bert-regression,1",
    "models2/roberta-cls,2",
    "models2/distilbert-cls,2",
    "models2/llama-score,2",
    "models2/gpt2-score,3",
    "models2/qwen2-score,2"
  })
  void evaluationIsTheForwardPassOfTraining(String name, int outputs) throws IOException {
    Path dir = Golden.oracle(name);
    for (Precision precision : Precision.values()) {
      try (Backend backend = Backends.open("cpu", 2);
          LanguageModel model = Golden.model(backend, dir, precision, outputs);
          LoraAdapters lora = LoraAdapters.load(model, Golden.adapter(dir, temp))) {
        int length = Math.min(13, model.config().maxPositions());
        int rows = SEQUENCES * length;
        Batch batch = batch(model.config().vocabularySize(), outputs, length);
        PassCapacity train = PassCapacity.train(rows, SEQUENCES, SEQUENCES, length);
        PassCapacity evaluate = PassCapacity.evaluate(rows + 20, length);
        try (TransformerPass training = new TransformerPass(model, lora, train);
            TransformerPass evaluating = new TransformerPass(model, lora, evaluate)) {
          String what = name + " in " + precision;
          assertArrayEquals(training.logits(batch), evaluating.logits(batch), what);
          float[] losses = training.losses(batch);
          assertArrayEquals(losses, evaluating.losses(batch), what);
          assertTrue(losses[0] > 0, what + " learns something");
        }
      }
    }
  }

  private static Batch batch(int vocabulary, int outputs, int length) {
    Random random = new Random(7);
    Batch batch = new Batch(SEQUENCES * length, SEQUENCES, SEQUENCES);
    for (int s = 0; s < SEQUENCES; s++) {
      int[] ids = random.ints(length - 2 * s, 0, vocabulary).toArray();
      if (outputs > 0) {
        batch.add(Block.labelled(ids, new int[0], random.nextInt(Math.max(2, outputs))), 1f);
      } else {
        batch.add(ids, random.ints(ids.length, 0, vocabulary).toArray(), 1f);
      }
      batch.endUnit();
    }
    return batch;
  }

  /**
   * Token for token, and the logits of each step within the tolerance of the oracle. The text is
   * longer than the windows of those that have one.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "models/gpt2",
        "models/llama",
        "models/llama3",
        "models/mistral",
        "models2/gpt2",
        "models2/llama",
        "models2/qwen2",
        "models2/qwen3",
        "models2/smollm3",
        "models2/gemma",
        "models2/gemma2",
        "models2/gemma3_text",
        "models2/phi3",
        "models2/phi",
        "models2/gpt_neox",
        "models2/opt",
        "models2/olmo2"
      })
  void cachedKeysAndValuesAreThoseOfTheWholeText(String name) throws IOException {
    Path dir = Golden.oracle(name);
    JsonNode tolerance = new ObjectMapper().readTree(dir.resolve("tolerance.json").toFile());
    try (Backend backend = Backends.open("cpu", 2);
        SafetensorsFile golden = SafetensorsFile.open(dir.resolve("golden.safetensors"));
        LanguageModel model = LanguageModel.load(backend, dir);
        LoraAdapters lora = LoraAdapters.load(model, Golden.adapter(dir, temp))) {
      int length = Math.min(40, model.config().maxPositions());
      int[] text = Arrays.copyOf(new Golden(golden).sample(0), length);
      int past = 0;
      int prompt = 4;
      Batch batch = new Batch(length, 1, 1);
      try (TransformerPass cached =
              new TransformerPass(model, lora, PassCapacity.generate(length));
          TransformerPass whole =
              new TransformerPass(model, lora, PassCapacity.evaluate(length, length))) {
        for (int end = prompt; end < length; end++) {
          float[] next = cached.nextLogits(fill(batch, text, past, end), past);
          past = end;
          float[] all = whole.logits(fill(batch, text, 0, end));
          float[] last = Arrays.copyOfRange(all, all.length - next.length, all.length);
          Golden.compare("lora_logits", last, next, tolerance);
          text[end] = largest(last);
          assertEquals(text[end], largest(next), name + ", token " + end);
        }
      }
      int[] begin = Arrays.copyOf(text, prompt);
      assertArrayEquals(
          Arrays.copyOfRange(text, prompt, length),
          new Generator(model, lora)
              .generate(begin, length - prompt, Sampling.greedy(), Set.of(), 0));
    }
  }

  private static Batch fill(Batch batch, int[] text, int from, int to) {
    int[] ids = Arrays.copyOfRange(text, from, to);
    batch.clear();
    batch.add(ids, ids, 0f);
    batch.endUnit();
    return batch;
  }

  private static int largest(float[] logits) {
    int best = 0;
    for (int v = 1; v < logits.length; v++) {
      best = logits[v] > logits[best] ? v : best;
    }
    return best;
  }
}
