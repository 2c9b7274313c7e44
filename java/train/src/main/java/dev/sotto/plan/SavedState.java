package dev.sotto.plan;

import dev.sotto.trainer.Trainable;
import dev.sotto.trainer.TrainingState;
import dev.sotto.trainer.WeightAverage;
import java.nio.file.Path;

/** What a run goes on from: its training state on disk, and the last step that it reflects. */
final class SavedState {
  private final Path file;
  private final Trainable trained;
  private final WeightAverage average;
  private long step;

  /** Goes back to the saved state where there is one. */
  SavedState(Path file, Trainable trained, WeightAverage average) {
    this.file = file;
    this.trained = trained;
    this.average = average;
    step = TrainingState.restore(file, trained.lora(), trained.optimizer(), average);
  }

  Path file() {
    return file;
  }

  /** 0 when there is none yet. */
  long step() {
    return step;
  }

  /** Takes note of the weights after a step. */
  void reached(long made) {
    average.add(made, trained.lora());
  }

  /** Makes the weights those that are released. */
  void release() {
    average.apply(trained.lora());
  }

  void save(long reached) {
    TrainingState.save(file, reached, trained.lora(), trained.optimizer(), average);
    step = reached;
  }
}
