package dev.sotto.plan;

import dev.sotto.model.LoraAdapters;
import dev.sotto.optimizer.Optimizer;
import dev.sotto.trainer.TrainingState;
import dev.sotto.trainer.WeightAverage;
import java.nio.file.Path;

/** What a run goes on from: its training state on disk, and the last step that it reflects. */
final class SavedState {
  private final Path file;
  private final LoraAdapters lora;
  private final Stages stages;
  private final WeightAverage average;
  private long step;

  /** Goes back to the saved state where there is one. */
  SavedState(PreparedRun run, Stages stages) {
    file = run.directory().state();
    lora = run.lora();
    this.stages = stages;
    average = run.average();
    Optimizer optimizer = stages.optimizerOf(TrainingState.step(file));
    step = TrainingState.restore(file, lora, optimizer, average);
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
    average.add(made - stages.stepsOfFirst(), lora);
  }

  /** Makes the weights those that are released: the average, where there is one. */
  void applyAverage() {
    average.apply(lora);
  }

  void save(long reached) {
    TrainingState.save(file, reached, lora, stages.optimizerOf(reached), average);
    step = reached;
  }
}
