package dev.sotto.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.checkpoint.SafetensorsFile;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.data.Block;
import dev.sotto.data.Corpus;
import dev.sotto.data.DataColumns;
import dev.sotto.data.Frame;
import dev.sotto.data.Framing;
import dev.sotto.data.RecordFiles;
import dev.sotto.data.RecordOptions;
import dev.sotto.data.TextSplit;
import dev.sotto.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * The real 260k-parameter Llama-architecture model, against what its own C program writes and
 * against float64.
 */
class RealWeightsTest {
  private static final Path SHARED = Path.of(System.getProperty("sotto.shared"));
  private static final Path MODEL = SHARED.resolve("data/models/stories260K-hf");

  @Test
  void greedyContinuationIsCharacterForCharacter() throws IOException {
    Assumptions.assumeTrue(Files.isDirectory(MODEL), "no model at " + MODEL);
    String expected =
        Files.readString(SHARED.resolve("data/models/stories260K-orig/expected_greedy_200.txt"));
    try (Backend backend = Backends.open("cpu", 2);
        LanguageModel model = LanguageModel.load(backend, MODEL);
        Tokenizer tokenizer = Tokenizer.open(MODEL, model.config().vocabularySize())) {
      int bos = tokenizer.bosId().orElseThrow();
      int[] all =
          new Generator(model, null).generate(new int[] {bos}, 200, Sampling.greedy(), Set.of(), 1);
      assertEquals(expected.strip(), tokenizer.decode(all).strip());
    }
  }

  @Test
  void lossOfFiveDocuments() {
    Assumptions.assumeTrue(Files.isDirectory(MODEL), "no model at " + MODEL);
    try (Backend backend = Backends.open("cpu", 2);
        LanguageModel model = LanguageModel.load(backend, MODEL);
        Tokenizer tokenizer = Tokenizer.open(MODEL, model.config().vocabularySize())) {
      List<Block> blocks =
          Corpus.documents(
                  RecordFiles.read(
                      SHARED.resolve("data/corpus/tinystories_sample_cs336.txt"),
                      DataColumns.text("text"),
                      new RecordOptions(TextSplit.DOCUMENT_MARK, false)),
                  tokenizer,
                  Frame.of(Framing.of(true, false), tokenizer),
                  512,
                  "\n")
              .blocks();
      Evaluation evaluation = Evaluation.of(model, null, blocks, 512);
      assertEquals(5, evaluation.records());
      assertEquals(1804, evaluation.tokens());
      assertEquals(1.2664, evaluation.natsPerToken(), 5e-5);
    }
  }

  @Test
  void logitsMatchFloat64AndTheCacheMatchesTheWholePass() {
    Path oracle = SHARED.resolve("oracles/models/stories260k/golden.safetensors");
    Assumptions.assumeTrue(Files.exists(oracle), "no reference values at " + oracle);
    try (Backend backend = Backends.open("cpu", 2);
        SafetensorsFile golden = SafetensorsFile.open(oracle);
        LanguageModel model = LanguageModel.load(backend, MODEL)) {
      int[] ids =
          Arrays.stream(golden.tensor("input_ids").toLongs()).mapToInt(i -> (int) i).toArray();
      float[] expected = golden.tensor("base_logits").toFloats();
      int length = ids.length / 2;
      Batch batch = new Batch(ids.length, 2, 2);
      for (int s = 0; s < 2; s++) {
        int[] sequence = Arrays.copyOfRange(ids, s * length, (s + 1) * length);
        batch.add(sequence, sequence, 0f);
        batch.endUnit();
      }
      float[] whole;
      try (TransformerPass pass =
          new TransformerPass(model, null, PassCapacity.evaluate(ids.length, length))) {
        whole = pass.logits(batch);
      }
      for (int i = 0; i < expected.length; i++) {
        assertEquals(expected[i], whole[i], 2.1e-4, "logit " + i);
      }
      assertCacheAgrees(model, Arrays.copyOf(ids, length), whole);
    }
  }

  /** Feeding 20 tokens, then 1, 1, ... through the cache gives the logits of one pass over all. */
  private static void assertCacheAgrees(LanguageModel model, int[] ids, float[] whole) {
    int vocabulary = model.config().vocabularySize();
    Batch batch = new Batch(ids.length, 1, 1);
    try (TransformerPass pass =
        new TransformerPass(model, null, PassCapacity.generate(ids.length))) {
      int past = 0;
      for (int end : IntStream.rangeClosed(20, ids.length).toArray()) {
        int[] piece = Arrays.copyOfRange(ids, past, end);
        batch.clear();
        batch.add(piece, piece, 0f);
        batch.endUnit();
        float[] cached = pass.nextLogits(batch, past);
        float[] expected = Arrays.copyOfRange(whole, (end - 1) * vocabulary, end * vocabulary);
        assertArrayEquals(expected, cached, 1e-4f, "after " + end + " tokens");
        past = end;
      }
      assertTrue(past == ids.length);
    }
  }
}
