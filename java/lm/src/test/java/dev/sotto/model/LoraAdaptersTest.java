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
import dev.sotto.gradient.ParameterLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LoraAdaptersTest {
  @TempDir Path dir;
  private final Backend backend = Backends.open("cpu", 2);

  @AfterEach
  void close() {
    backend.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "llama"})
  void startsAsPeftDoesAndEqualToTheBase(String kind) {
    try (LanguageModel model = TinyModel.of(kind, backend, dir);
        LoraAdapters lora = TinyModel.fresh(model)) {
      ParameterLayout layout = lora.layout();
      assertEquals(kind.equals("gpt2") ? 4 : 8, layout.size(), "default targets of two layers");
      float[] values = lora.values();
      for (int k = 0; k < layout.size(); k++) {
        LoraShape shape = lora.shape(k);
        double bound = 1 / Math.sqrt(shape.inChannels());
        double square = 0;
        int a = (int) layout.offset(k);
        int b = a + (int) shape.parametersOfA();
        for (int i = a; i < b; i++) {
          assertTrue(Math.abs(values[i]) <= bound, "A of pair " + k);
          square += values[i] * values[i];
        }
        // A uniform variable on ±bound has variance bound²/3.
        assertEquals(bound * bound / 3, square / (b - a), 0.4 * bound * bound / 3, "pair " + k);
        int end = a + (int) shape.parameters();
        assertArrayEquals(new float[end - b], Arrays.copyOfRange(values, b, end));
      }
      assertArrayEquals(logits(model, null), logits(model, lora), "B is zero");
      try (LoraAdapters same = TinyModel.fresh(model);
          LoraAdapters other = LoraAdapters.create(model, new LoraOptions(3, 6, List.of()), 6)) {
        assertArrayEquals(values, same.values(), "same seed");
        assertFalse(Arrays.equals(values, other.values()), "another seed");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "llama"})
  void savedAdaptersComeBackBitForBit(String kind) throws IOException {
    Path saved = Files.createDirectory(dir.resolve("adapter"));
    String[] targets =
        kind.equals("gpt2")
            ? new String[] {"c_attn", "mlp.c_proj"}
            : new String[] {"v_proj", "gate_proj", "down_proj"};
    try (LanguageModel model = TinyModel.of(kind, backend, dir);
        LoraAdapters lora = TinyModel.adapters(model, 0.2, targets)) {
      lora.save(saved, model, "base");
      try (LoraAdapters loaded = LoraAdapters.load(model, saved)) {
        assertEquals(lora.modules(), loaded.modules());
        assertEquals(3, loaded.options().rank());
        assertEquals(6, loaded.options().alpha());
        assertArrayEquals(lora.values(), loaded.values());
        assertArrayEquals(logits(model, lora), logits(model, loaded));
        assertFalse(Arrays.equals(logits(model, null), logits(model, loaded)));
      }
    }
  }

  /** As PEFT has it: every projection of the blocks, not the head; saved by their names. */
  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "llama"})
  void allLinearIsEveryProjectionOfTheBlocks(String kind) throws IOException {
    Path saved = Files.createDirectory(dir.resolve("adapter"));
    try (LanguageModel model = TinyModel.of(kind, backend, dir);
        LoraAdapters lora = TinyModel.adapters(model, 0.2, "all-linear")) {
      List<String> all =
          model.layers.stream()
              .flatMap(layer -> layer.linears().stream())
              .map(LinearWeights::module)
              .toList();
      assertEquals(all, lora.modules());
      lora.save(saved, model, "base");
      List<String> targets = AdapterConfig.read(saved).targetModules();
      assertEquals(all.size() / model.config().layers(), targets.size());
      assertTrue(targets.contains(kind.equals("gpt2") ? "attn.c_attn" : "mlp.gate_proj"));
      try (LoraAdapters loaded = LoraAdapters.load(model, saved)) {
        assertEquals(all, loaded.modules());
      }
      assertThrows(
          InputException.class, () -> TinyModel.fresh(model, "all-linear", "q_proj"), "beside");
    }
  }

  /**
   * A pair of rank 3 is one of rank 5 with zeros in B and 5/3 of the alpha, and one of half the B
   * and twice the alpha.
   */
  @Test
  void pairsMayHaveTheirOwnRankAndAlpha() throws IOException {
    Path plain = Files.createDirectory(dir.resolve("plain"));
    Path mixed = dir.resolve("mixed");
    Path again = Files.createDirectory(dir.resolve("again"));
    try (LanguageModel model = TinyModel.of("llama", backend, dir);
        LoraAdapters lora = TinyModel.adapters(model, 0.2, "q_proj", "v_proj")) {
      lora.save(plain, model, "base");
      AdapterFiles.Adapter adapter = AdapterFiles.read(plain);
      List<LoraPair> pairs = new ArrayList<>(adapter.pairs());
      pairs.set(0, widened(pairs.get(0), 5));
      LoraPair second = pairs.get(1);
      float[] half = second.b().clone();
      for (int i = 0; i < half.length; i++) {
        half[i] /= 2;
      }
      pairs.set(
          1,
          new LoraPair(
              second.module(), second.rank(), second.in(), second.out(), second.a(), half));
      AdapterConfig config =
          AdapterConfig.causalLanguageModel(
              "base",
              new AdapterConfig.Scaling(
                  3,
                  6,
                  false,
                  Map.of(pairs.get(0).module(), 5),
                  Map.of(pairs.get(0).module(), 10.0, second.module(), 12.0)),
              List.of("q_proj", "v_proj"),
              false);
      AdapterFiles.write(mixed, config, pairs);
      try (LoraAdapters loaded = LoraAdapters.load(model, mixed)) {
        assertEquals(5, loaded.shape(0).rank());
        assertArrayEquals(logits(model, lora), logits(model, loaded), 1e-5f);
        loaded.save(again, model, "base");
        assertEquals(config, AdapterConfig.read(again));
        try (LoraAdapters same = LoraAdapters.load(model, again)) {
          assertArrayEquals(logits(model, loaded), logits(model, same));
        }
      }
    }
  }

  private static LoraPair widened(LoraPair pair, int rank) {
    float[] a = Arrays.copyOf(pair.a(), rank * pair.in());
    Arrays.fill(a, pair.a().length, a.length, 0.7f);
    float[] b = new float[pair.out() * rank];
    for (int i = 0; i < pair.out(); i++) {
      System.arraycopy(pair.b(), i * pair.rank(), b, i * rank, pair.rank());
    }
    return new LoraPair(pair.module(), rank, pair.in(), pair.out(), a, b);
  }

  /** PEFT's layers_to_transform: modules are then saved by their whole paths. */
  @Test
  void anAdapterOfSomeLayersKeepsToThem() throws IOException {
    Path all = Files.createDirectory(dir.resolve("all"));
    Path some = dir.resolve("some");
    Path again = Files.createDirectory(dir.resolve("again"));
    try (LanguageModel model = TinyModel.of("llama", backend, dir);
        LoraAdapters lora = TinyModel.adapters(model, 0.2, "q_proj")) {
      lora.save(all, model, "base");
      AdapterFiles.Adapter adapter = AdapterFiles.read(all);
      AdapterFiles.write(some, adapter.config(), adapter.pairs().subList(1, 2));
      try (LoraAdapters loaded = LoraAdapters.load(model, some)) {
        loaded.save(again, model, "base");
        assertEquals(loaded.modules(), AdapterConfig.read(again).targetModules());
      }
    }
  }

  @Test
  void refusesTheAdapterOfAnotherModel() throws IOException {
    Path saved = Files.createDirectory(dir.resolve("adapter"));
    Path other = Files.createDirectory(dir.resolve("other"));
    try (LanguageModel gpt2 = TinyModel.of("gpt2", backend, dir);
        LoraAdapters lora = TinyModel.adapters(gpt2, 0.2);
        LanguageModel llama = TinyModel.of("llama", backend, other);
        LanguageModel wider = TinyModel.of("gpt2", backend, other, 32)) {
      lora.save(saved, gpt2, "base");
      for (LanguageModel wrong : List.of(llama, wider)) {
        InputException e =
            assertThrows(InputException.class, () -> LoraAdapters.load(wrong, saved));
        assertTrue(e.getMessage().startsWith(saved.toString()), e.getMessage());
        assertTrue(e.getMessage().contains("belongs to another model"), e.getMessage());
      }
    }
  }

  @Test
  void refusesTargetsThatAreNotThereAndNamesThoseThatAre() {
    try (LanguageModel model = TinyModel.of("llama", backend, dir)) {
      InputException e =
          assertThrows(InputException.class, () -> TinyModel.fresh(model, "q_proj", "c_attn"));
      assertTrue(e.getMessage().contains("'c_attn'"), e.getMessage());
      assertTrue(e.getMessage().contains("down_proj"), e.getMessage());
      assertThrows(InputException.class, () -> TinyModel.fresh(model, "proj"), "no part of a name");
    }
    for (int rank : new int[] {0, -1, 257}) {
      assertThrows(InputException.class, () -> new LoraOptions(rank, 1, List.of()));
    }
    for (double alpha : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThrows(InputException.class, () -> new LoraOptions(4, alpha, List.of()));
    }
  }

  private static float[] logits(LanguageModel model, LoraAdapters lora) {
    try (TransformerPass pass = new TransformerPass(model, lora, PassCapacity.evaluate(40, 20))) {
      return pass.logits(TinyModel.batch());
    }
  }
}
