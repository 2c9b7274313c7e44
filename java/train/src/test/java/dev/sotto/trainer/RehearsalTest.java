package dev.sotto.trainer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.LmoEvent;
import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.checkpoint.DataType;
import dev.sotto.clip.Clipping;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.data.Block;
import dev.sotto.data.PrivacyUnit;
import dev.sotto.fixtures.TinyModel;
import dev.sotto.ledger.Ledger;
import dev.sotto.ledger.LedgerHeader;
import dev.sotto.ledger.LedgerReader;
import dev.sotto.mechanism.NoiseKey;
import dev.sotto.model.LanguageModel;
import dev.sotto.model.LoraAdapters;
import dev.sotto.model.PassCapacity;
import dev.sotto.model.Precision;
import dev.sotto.model.TransformerPass;
import dev.sotto.noise.LmoNoise;
import dev.sotto.noise.NoiseLaw;
import dev.sotto.optimizer.LearningRate;
import dev.sotto.optimizer.Optimizer;
import dev.sotto.optimizer.OptimizerOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * All device memory of a step is there when the first step begins, and planning it has no trace.
 */
class RehearsalTest {
  private static final LearningRate RATE =
      new LearningRate(0.1, 0, 100, LearningRate.Decay.CONSTANT);
  private static final PassCapacity PLAN = PassCapacity.train(64, 8, 4, TinyModel.MAX_LENGTH);

  /** What a private step clips and draws. */
  private enum Release {
    FLAT_GAUSSIAN,
    PER_ADAPTER_GAUSSIAN,
    FLAT_LMO
  }

  @TempDir Path dir;
  private Path library;

  @BeforeEach
  void openTheEmulation() {
    library = Path.of(System.getProperty("sotto.cuda.emulated", "absent"));
    Assumptions.assumeTrue(Files.exists(library), "the emulation was not built: " + library);
    System.setProperty("sotto.cuda", library.toString());
  }

  @AfterEach
  void forgetTheEmulation() {
    System.clearProperty("sotto.cuda");
  }

  @ParameterizedTest
  @EnumSource(Release.class)
  void aPrivateStepAllocatesNothing(Release release) {
    try (Backend backend = Backends.open("cuda", 1);
        LanguageModel model = narrow(backend);
        LoraAdapters lora = TinyModel.adapters(model, "q_proj", "o_proj", "up_proj");
        TransformerPass pass = new TransformerPass(model, lora, PLAN);
        Optimizer optimizer = optimizer(backend, lora)) {
      Clipping clipping =
          release == Release.PER_ADAPTER_GAUSSIAN
              ? Clipping.perPair(0.5, lora.layout().size())
              : Clipping.flat(0.5);
      List<Clipping.Group> groups = clipping.groups(lora.layout());
      PrivacyEvent event = release == Release.FLAT_LMO ? lmo(groups) : gaussian(groups);
      Trainable trained = new Trainable(pass, lora, optimizer, RATE);
      PrivacyParameters privacy = new PrivacyParameters(0.4, 8, clipping, event, Optional.empty());
      float[] before = lora.values();
      Path file = dir.resolve("ledger.jsonl");
      try (Ledger ledger = Ledger.create(file, header(event));
          PrivateTrainer trainer =
              new PrivateTrainer(
                  new LocalSums(TinyModel.corpus(20), trained, privacy),
                  trained,
                  key(),
                  ledger,
                  privacy)) {
        assertArrayEquals(before, lora.values(), "planning a step is not taking it");
        assertEquals(0, LedgerReader.read(file).committed());
        assertNothingIsAllocated(backend, trainer::step);
        assertFalse(Arrays.equals(before, lora.values()), "the steps were taken");
      }
    }
  }

  @Test
  void aStepWithoutPrivacyAllocatesNothing() {
    try (Backend backend = Backends.open("cuda", 1);
        LanguageModel model = narrow(backend);
        LoraAdapters lora = TinyModel.adapters(model, "q_proj", "o_proj", "up_proj");
        TransformerPass pass = new TransformerPass(model, lora, PLAN);
        Optimizer optimizer = optimizer(backend, lora);
        NonPrivateTrainer trainer =
            new NonPrivateTrainer(
                TinyModel.corpus(20), new Trainable(pass, lora, optimizer, RATE), key(), 0.5)) {
      assertNothingIsAllocated(backend, trainer::step);
    }
  }

  @Test
  void aStepOfPretrainingAllocatesNothing() {
    List<Block> blocks =
        TinyModel.units(20, 3).stream().map(PrivacyUnit::blocks).flatMap(List::stream).toList();
    try (Backend backend = Backends.open("cuda", 1);
        LanguageModel model = TinyModel.llamaModel(backend, dir);
        Pretrainer trainer = new Pretrainer(model, blocks, TinyModel.MAX_LENGTH, 64, RATE, 1)) {
      assertNothingIsAllocated(backend, trainer::step);
    }
  }

  @Test
  void anErrorInARehearsalEndsIt() {
    try (Backend backend = Backends.open("cuda", 1)) {
      assertThrows(
          IllegalArgumentException.class,
          () -> backend.rehearse(() -> backend.allocate(ElementType.F32, 1)));
      backend.allocate(ElementType.F32, 1).close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "cpu-reference"})
  void theCpuRehearsesWithoutComputing(String name) {
    try (Backend backend = Backends.open(name, 1);
        DeviceBuffer x = backend.allocate(ElementType.F32, 2)) {
      x.upload(new float[] {1, 2});
      backend.rehearse(
          () -> {
            backend.dense().add(2, x, x, x);
            assertArrayEquals(new float[2], x.downloadFloats(2));
          });
      assertArrayEquals(new float[] {1, 2}, x.downloadFloats(2));
    }
  }

  private static void assertNothingIsAllocated(Backend backend, LongConsumer step) {
    long allocations = backend.allocations();
    long bytes = backend.liveBytes();
    for (int t = 1; t <= 3; t++) {
      step.accept(t);
      assertEquals(allocations, backend.allocations(), "step " + t);
      assertEquals(bytes, backend.liveBytes(), "step " + t);
    }
    assertTrue(allocations > 0);
  }

  /** As a GPU holds it: frozen matrices in BF16. */
  private LanguageModel narrow(Backend backend) {
    try (Backend cpu = Backends.open("cpu", 1);
        LanguageModel wide = TinyModel.llamaModel(cpu, dir)) {
      wide.save(dir, DataType.F32);
    }
    return LanguageModel.load(backend, dir, Precision.BF16);
  }

  private static Optimizer optimizer(Backend backend, LoraAdapters lora) {
    return new Optimizer(
        backend, new OptimizerOptions(OptimizerOptions.Kind.ADAMW, 0, 0), lora.weights());
  }

  private static GaussianEvent gaussian(List<Clipping.Group> groups) {
    double[] sensitivities = groups.stream().mapToDouble(Clipping.Group::sensitivity).toArray();
    return GaussianEvent.ofGroups(sensitivities, sensitivities.clone());
  }

  private static LmoEvent lmo(List<Clipping.Group> groups) {
    LmoNoise law =
        new LmoNoise(
            LmoNoise.Gamma.none(),
            LmoNoise.Exponential.none(),
            new LmoNoise.Uniform(1, 2, 3),
            LmoNoise.TruncatedNormal.none());
    return new LmoEvent(
        law, groups.stream().map(g -> new LmoEvent.Group(g.sensitivity(), g.size(), 0.9)).toList());
  }

  private static LedgerHeader header(PrivacyEvent event) {
    boolean gaussian = event instanceof GaussianEvent;
    double multiplier = gaussian ? ((GaussianEvent) event).noiseMultiplier() : 1;
    String law = gaussian ? "gaussian" : "lmo";
    return new LedgerHeader(
        LedgerHeader.Neighbours.ofUnits("record", 20),
        new LedgerHeader.Target(8, 1e-5, "rdp"),
        new LedgerHeader.Sampling(1, 100),
        new LedgerHeader.Noise(NoiseLaw.Kind.ofWord(law), multiplier, event, 10),
        null,
        true,
        new LedgerHeader.Inputs("0".repeat(64), "1".repeat(64), null));
  }

  private static NoiseKey key() {
    return NoiseKey.seededForTests(7);
  }
}
