package dev.sotto.plan;

import dev.sotto.mechanism.NoiseKey;
import dev.sotto.trainer.NonPrivateTrainer;
import dev.sotto.trainer.Outcome;
import dev.sotto.trainer.StepRule;
import dev.sotto.trainer.Trainable;
import dev.sotto.trainer.TrainingState;

/** Steps without privacy, which are charged to nothing. */
final class PublicSteps implements RunSteps {
  private final PreparedRun run;
  private final Trainable trained;
  private final NonPrivateTrainer trainer;
  private long saved;

  PublicSteps(PreparedRun run, Trainable trained, NoiseKey key) {
    this.run = run;
    this.trained = trained;
    saved = TrainingState.restore(run.directory().state(), trained.lora(), trained.optimizer());
    trainer =
        new NonPrivateTrainer(run.data().corpus(), trained, key, run.sampling().probability());
  }

  @Override
  public StepRule rule() {
    return trainer;
  }

  @Override
  public long charged() {
    return saved;
  }

  @Override
  public long saved() {
    return saved;
  }

  @Override
  public void save(long step) {
    TrainingState.save(run.directory().state(), step, trained.lora(), trained.optimizer());
    saved = step;
  }

  @Override
  public void finish(Outcome outcome) {
    run.lora().save(run.directory().path(), run.model(), run.options().model().toString());
  }

  @Override
  public void close() {
    trainer.close();
  }
}
