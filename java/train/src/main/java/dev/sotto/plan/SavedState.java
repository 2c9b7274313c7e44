package dev.sotto.plan;

import dev.sotto.trainer.Trainable;
import dev.sotto.trainer.TrainingState;
import java.nio.file.Path;

/** What a run goes on from: its training state on disk, and the last step that it reflects. */
final class SavedState {
  private final Path file;
  private final Trainable trained;
  private long step;

  /** Goes back to the saved state where there is one. */
  SavedState(Path file, Trainable trained) {
    this.file = file;
    this.trained = trained;
    step = TrainingState.restore(file, trained.lora(), trained.optimizer());
  }

  Path file() {
    return file;
  }

  /** 0 when there is none yet. */
  long step() {
    return step;
  }

  void save(long reached) {
    TrainingState.save(file, reached, trained.lora(), trained.optimizer());
    step = reached;
  }
}
