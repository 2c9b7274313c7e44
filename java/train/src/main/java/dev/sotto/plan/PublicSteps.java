package dev.sotto.plan;

import dev.sotto.mechanism.NoiseKey;
import dev.sotto.trainer.NonPrivateTrainer;
import dev.sotto.trainer.Outcome;
import dev.sotto.trainer.StepRule;
import java.util.Map;

/** Steps without privacy, which are charged to nothing. */
final class PublicSteps implements RunSteps {
  private final PreparedRun run;
  private final NonPrivateTrainer trainer;
  private final SavedState state;

  PublicSteps(PreparedRun run, Stages stages, NoiseKey key) {
    this.run = run;
    state = new SavedState(run, stages);
    Stages.Stage stage = stages.last();
    trainer =
        new NonPrivateTrainer(stage.corpus(), stage.trained(), key, run.sampling().probability());
  }

  @Override
  public StepRule rule() {
    return trainer;
  }

  @Override
  public long charged() {
    return state.step();
  }

  @Override
  public SavedState state() {
    return state;
  }

  @Override
  public void finish(Outcome outcome) {
    state.applyAverage();
    run.saveAdapter(Map.of());
  }

  @Override
  public void close() {
    trainer.close();
  }
}
