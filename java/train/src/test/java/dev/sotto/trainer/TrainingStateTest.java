package dev.sotto.trainer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.base.InputException;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.fixtures.TinyModel;
import dev.sotto.model.LanguageModel;
import dev.sotto.model.LoraAdapters;
import dev.sotto.optimizer.Optimizer;
import dev.sotto.optimizer.OptimizerOptions;
import dev.sotto.optimizer.PublicGradient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingStateTest {
  @TempDir Path dir;
  private Backend backend;
  private LanguageModel model;
  private LoraAdapters lora;

  @BeforeEach
  void open() {
    backend = Backends.open("cpu", 1);
    model = TinyModel.llamaModel(backend, dir);
    lora = TinyModel.adapters(model, "q_proj");
  }

  @AfterEach
  void close() {
    lora.close();
    model.close();
    backend.close();
  }

  private Optimizer optimizer(OptimizerOptions.Kind kind) {
    return new Optimizer(backend, new OptimizerOptions(kind, 0.9, 0.01), lora.weights());
  }

  private Path state() {
    return dir.resolve("training_state.safetensors");
  }

  @Test
  void trainingGoesOnFromTheSameBits() {
    for (OptimizerOptions.Kind kind : OptimizerOptions.Kind.values()) {
      try (Optimizer optimizer = optimizer(kind);
          Optimizer restored = optimizer(kind)) {
        update(optimizer, 0.3f);
        update(optimizer, -0.2f);
        TrainingState.save(state(), 7, lora, optimizer);
        float[] saved = lora.values();
        update(optimizer, 0.1f);
        float[] expected = lora.values();
        lora.weights().zero();
        assertEquals(7, TrainingState.restore(state(), lora, restored));
        assertArrayEquals(saved, lora.values());
        assertEquals(2, restored.steps());
        update(restored, 0.1f);
        assertArrayEquals(expected, lora.values());
      }
    }
  }

  private void update(Optimizer optimizer, float value) {
    float[] gradient = new float[(int) lora.weights().length()];
    for (int i = 0; i < gradient.length; i++) {
      gradient[i] = value * (1 + i % 3);
    }
    try (DeviceBuffer buffer = backend.allocate(ElementType.F32, gradient.length)) {
      buffer.upload(gradient);
      optimizer.step(new PublicGradient(buffer), 0.05f);
    }
  }

  /** It need not be drawn again, by another Java perhaps. */
  @Test
  void aFrozenAIsThatOfTheState() {
    lora = lora.freezeA();
    DeviceBuffer frozen = lora.frozenA().orElseThrow();
    try (Optimizer optimizer = optimizer(OptimizerOptions.Kind.ADAMW)) {
      TrainingState.save(state(), 1, lora, optimizer);
      float[] saved = frozen.downloadFloats((int) frozen.length());
      frozen.zero();
      assertEquals(1, TrainingState.restore(state(), lora, optimizer));
      assertArrayEquals(saved, frozen.downloadFloats(saved.length));
      assertTrue(saved[0] != 0);
    }
  }

  @Test
  void noStateIsTheBeginning() {
    try (Optimizer optimizer = optimizer(OptimizerOptions.Kind.ADAMW)) {
      float[] before = lora.values();
      assertEquals(0, TrainingState.restore(state(), lora, optimizer));
      assertArrayEquals(before, lora.values());
    }
  }

  @Test
  void refusesTheStateOfAnotherRun() {
    try (Optimizer sgd = optimizer(OptimizerOptions.Kind.SGD);
        Optimizer adamw = optimizer(OptimizerOptions.Kind.ADAMW);
        LoraAdapters wider = TinyModel.adapters(model, "q_proj", "k_proj");
        Optimizer widerSgd =
            new Optimizer(
                backend, new OptimizerOptions(OptimizerOptions.Kind.SGD, 0, 0), wider.weights())) {
      TrainingState.save(state(), 3, lora, sgd);
      float[] before = lora.values();
      assertRefused(
          () -> TrainingState.restore(state(), lora, adamw), "another model or optimizer");
      assertRefused(() -> TrainingState.restore(state(), wider, widerSgd), "trainable parameters");
      assertArrayEquals(before, lora.values());
    }
  }

  @Test
  void refusesADamagedFile() throws IOException {
    try (Optimizer optimizer = optimizer(OptimizerOptions.Kind.ADAMW)) {
      TrainingState.save(state(), 3, lora, optimizer);
      byte[] good = Files.readAllBytes(state());
      for (int length : new int[] {0, 5, 60, good.length / 2, good.length - 1}) {
        Files.write(state(), Arrays.copyOf(good, length));
        assertRefused(() -> TrainingState.restore(state(), lora, optimizer), "");
      }
      String text = new String(good, java.nio.charset.StandardCharsets.ISO_8859_1);
      String damaged = text.replace("\"step\":\"3\"", "\"step\":\"x\"");
      assertTrue(!damaged.equals(text));
      Files.writeString(state(), damaged, java.nio.charset.StandardCharsets.ISO_8859_1);
      assertRefused(() -> TrainingState.restore(state(), lora, optimizer), "damaged");
    }
  }

  private void assertRefused(org.junit.jupiter.api.function.Executable what, String part) {
    InputException e = assertThrows(InputException.class, what);
    assertTrue(e.getMessage().startsWith(state().toString()), e.getMessage());
    assertTrue(e.getMessage().contains(part), e.getMessage());
    assertEquals(1, e.getMessage().lines().count(), e.getMessage());
  }
}
