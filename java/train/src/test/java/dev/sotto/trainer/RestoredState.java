package dev.sotto.trainer;

import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.fixtures.TinyModel;
import dev.sotto.model.LoraAdapters;
import dev.sotto.optimizer.Optimizer;
import dev.sotto.optimizer.OptimizerOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A training state read into a tiny model, which is made once and kept. */
public final class RestoredState {
  private static LoraAdapters lora;
  private static Optimizer optimizer;

  private RestoredState() {}

  /** Restores it. */
  public static void from(Path file) {
    if (lora == null) {
      open();
    }
    TrainingState.restore(file, lora, optimizer);
  }

  /** Writes a sound one. */
  public static void write(Path file) {
    if (lora == null) {
      open();
    }
    TrainingState.save(file, 3, lora, optimizer);
  }

  private static void open() {
    try {
      Backend backend = Backends.open("cpu", 1);
      Path dir = Files.createTempDirectory("sotto-fuzz-model");
      lora = TinyModel.adapters(TinyModel.llamaModel(backend, dir), "q_proj");
      optimizer =
          new Optimizer(
              backend,
              new OptimizerOptions(OptimizerOptions.Kind.ADAMW, 0.9, 0.01),
              lora.weights());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
