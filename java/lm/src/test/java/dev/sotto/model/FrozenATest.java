package dev.sotto.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.base.InputException;
import dev.sotto.checkpoint.AdapterConfig;
import dev.sotto.checkpoint.AdapterFiles;
import dev.sotto.checkpoint.LoraPair;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.compute.LoraShape;
import dev.sotto.fixtures.TinyModel;
import dev.sotto.gradient.PerSampleGradients;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Adapters whose A is frozen, beside the same ones whose A is trained. */
class FrozenATest {
  @TempDir Path dir;
  private final Backend backend = Backends.open("cpu", 2);

  @AfterEach
  void close() {
    backend.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "llama"})
  void aFreshAHasOrthonormalRowsThatFollowFromTheSeed(String kind) {
    try (LanguageModel model = TinyModel.of(kind, backend, dir);
        LoraAdapters lora = orthonormal(model, 3, 5);
        LoraAdapters same = orthonormal(model, 3, 5);
        LoraAdapters other = orthonormal(model, 3, 6);
        LoraAdapters square = orthonormal(model, TinyModel.HIDDEN, 5)) {
      assertArrayEquals(frozen(lora), frozen(same));
      assertFalse(Arrays.equals(frozen(lora), frozen(other)));
      assertArrayEquals(new float[(int) lora.layout().parameters()], lora.values(), "B is zero");
      long ofB = 0;
      for (LoraAdapters one : List.of(lora, square)) {
        for (int k = 0; k < one.modules().size(); k++) {
          LoraShape shape = one.shape(k);
          float[] a = one.a(k).downloadFloats((int) shape.parametersOfA());
          for (int r = 0; r < shape.rank(); r++) {
            for (int s = 0; s <= r; s++) {
              double product = 0;
              for (int c = 0; c < shape.inChannels(); c++) {
                product += (double) a[r * shape.inChannels() + c] * a[s * shape.inChannels() + c];
              }
              assertEquals(r == s ? 1 : 0, product, 1e-6, "pair " + k);
            }
          }
          assertEquals(shape.parametersOfB(), one.layout().parameters(k));
          ofB += one == lora ? shape.parametersOfB() : 0;
        }
      }
      assertEquals(ofB, lora.layout().parameters(), "nothing of A is trained");
      InputException e =
          assertThrows(InputException.class, () -> orthonormal(model, TinyModel.HIDDEN + 1, 5));
      assertTrue(e.getMessage().contains("give --rank 16 or less"), e.getMessage());
    }
  }

  /**
   * In fused and in single projections, of the lowest block, which asks for no dx, as of others.
   */
  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "llama"})
  void theGradientsOfBAreThoseOfTheWholePairsToTheBit(String kind) {
    try (LanguageModel model = TinyModel.of(kind, backend, dir);
        LoraAdapters whole = TinyModel.adapters(model, 0.2, LoraOptions.ALL_LINEAR);
        LoraAdapters frozen = TinyModel.adapters(model, 0.2, LoraOptions.ALL_LINEAR).freezeA()) {
      float[] all = gradients(model, whole);
      float[] ofB = gradients(model, frozen);
      int d = (int) whole.layout().parameters();
      int trained = (int) frozen.layout().parameters();
      for (int s = 0; s < 3; s++) {
        for (int k = 0; k < whole.modules().size(); k++) {
          LoraShape shape = whole.shape(k);
          int from = s * d + (int) (whole.layout().offset(k) + shape.parametersOfA());
          int at = s * trained + (int) frozen.layout().offset(k);
          int size = (int) shape.parametersOfB();
          float[] expected = Arrays.copyOfRange(all, from, from + size);
          assertArrayEquals(
              expected, Arrays.copyOfRange(ofB, at, at + size), whole.modules().get(k));
          assertFalse(Arrays.equals(new float[size], expected), "nothing flows");
        }
      }
    }
  }

  private float[] gradients(LanguageModel model, LoraAdapters lora) {
    try (TransformerPass pass = new TransformerPass(model, lora, PassCapacity.train(40, 4, 3, 20));
        PerSampleGradients sink = new PerSampleGradients(backend, lora.layout(), 3)) {
      sink.begin(3);
      pass.forwardBackward(TinyModel.batch(), sink);
      return sink.gradients().downloadFloats(3 * (int) lora.layout().parameters());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "llama"})
  void savesWhatTheWholePairsSave(String kind) throws IOException {
    Path ofWhole = Files.createDirectory(dir.resolve("whole"));
    Path ofFrozen = Files.createDirectory(dir.resolve("frozen"));
    try (LanguageModel model = TinyModel.of(kind, backend, dir);
        LoraAdapters whole = TinyModel.adapters(model, 0.2, LoraOptions.ALL_LINEAR);
        LoraAdapters frozen = TinyModel.adapters(model, 0.2, LoraOptions.ALL_LINEAR).freezeA()) {
      assertArrayEquals(logits(model, whole), logits(model, frozen));
      whole.save(ofWhole, model, "base");
      frozen.save(ofFrozen, model, "base");
      for (String file : List.of(AdapterConfig.FILE_NAME, AdapterFiles.WEIGHTS_FILE_NAME)) {
        assertEquals(-1, Files.mismatch(ofWhole.resolve(file), ofFrozen.resolve(file)), file);
      }
    }
  }

  /** Of an adapter scaled by α/√r, one pair of which has an α of its own. */
  @Test
  void keepsTheAOfAnAdapterAndItsScales() throws IOException {
    Path plain = Files.createDirectory(dir.resolve("plain"));
    Path stabilised = dir.resolve("stabilised");
    Path again = Files.createDirectory(dir.resolve("again"));
    try (LanguageModel model = TinyModel.of("llama", backend, dir);
        LoraAdapters lora = TinyModel.adapters(model, 0.2, "q_proj", "v_proj")) {
      lora.save(plain, model, "base");
      List<LoraPair> pairs = AdapterFiles.read(plain).pairs();
      String first = pairs.get(0).module();
      AdapterFiles.write(
          stabilised,
          AdapterConfig.causalLanguageModel(
              "base",
              new AdapterConfig.Scaling(3, 6, true, Map.of(), Map.of(first, 10.0)),
              List.of("q_proj", "v_proj"),
              false),
          pairs);
      try (LoraAdapters whole = LoraAdapters.load(model, stabilised);
          LoraAdapters frozen = LoraAdapters.load(model, stabilised).freezeA()) {
        assertEquals(10 / Math.sqrt(3), frozen.shape(0).scale(), 1e-6);
        assertArrayEquals(pairs.get(0).a(), frozen.a(0).downloadFloats(pairs.get(0).a().length));
        float[] moved = frozen.values();
        for (int i = 0; i < moved.length; i++) {
          moved[i] *= 1.5f;
        }
        frozen.weights().upload(moved);
        frozen.save(again, model, "base");
        List<LoraPair> saved = AdapterFiles.read(again).pairs();
        for (int k = 0; k < pairs.size(); k++) {
          assertArrayEquals(pairs.get(k).a(), saved.get(k).a(), "A of pair " + k);
          assertEquals(1.5f * pairs.get(k).b()[0], saved.get(k).b()[0], "B of pair " + k);
        }
        assertFalse(Arrays.equals(logits(model, whole), logits(model, frozen)));
        try (LoraAdapters read = LoraAdapters.load(model, again)) {
          assertArrayEquals(logits(model, frozen), logits(model, read));
        }
      }
    }
  }

  private static LoraAdapters orthonormal(LanguageModel model, int rank, long seed) {
    LoraOptions options = new LoraOptions(rank, 6, List.of(LoraOptions.ALL_LINEAR));
    return LoraAdapters.create(model, options, seed, InitialA.ORTHONORMAL).freezeA();
  }

  private static float[] frozen(LoraAdapters lora) {
    return lora.frozenA().orElseThrow().downloadFloats((int) lora.frozenA().get().length());
  }

  private static float[] logits(LanguageModel model, LoraAdapters lora) {
    try (TransformerPass pass = new TransformerPass(model, lora, PassCapacity.evaluate(40, 20))) {
      return pass.logits(TinyModel.batch());
    }
  }
}
