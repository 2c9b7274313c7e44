package dev.sotto.plan;

import dev.sotto.base.Figures;
import dev.sotto.base.InputException;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.ledger.Ledger;
import dev.sotto.mechanism.NoiseKey;
import dev.sotto.model.Batch;
import dev.sotto.trainer.Outcome;
import dev.sotto.trainer.PrivacyParameters;
import dev.sotto.trainer.PrivateTrainer;
import dev.sotto.trainer.Trainable;
import java.util.OptionalDouble;

/** Steps that are charged to a ledger, all under the one event that was planned. */
final class PrivateSteps implements RunSteps {
  private final PreparedRun run;
  private final Account.Private account;
  private final Ledger ledger;
  private final PrivateTrainer trainer;
  private final SavedState state;

  /**
   * Opens the ledger first, and last goes back to the saved state.
   *
   * @throws InputException if the state reflects more steps than the ledger has charged
   */
  PrivateSteps(
      PreparedRun run,
      Account.Private account,
      Trainable trained,
      NoiseKey key,
      Charge charge,
      FinetuneProgress progress) {
    this.run = run;
    this.account = account;
    NoisePlan noise = account.noise();
    PrivacyParameters parameters =
        new PrivacyParameters(
            noise.samplingProbability(),
            noise.expectedBatchSize(),
            run.clipping().orElseThrow(),
            noise.release(),
            noise.control().map(ControlPlan::release));
    ledger = charge.ledger();
    PrivateTrainer opened = null;
    SavedState restored;
    try {
      opened = new PrivateTrainer(run.data().corpus(), trained, key, ledger, parameters);
      if (run.options().unsafeDiagnostics()) {
        opened.observe(
            (step, batch, losses) ->
                progress.unsafeLoss(step, OptionalDouble.of(mean(batch, losses))));
      }
      restored = restored(trained);
    } catch (RuntimeException e) {
      if (opened != null) {
        opened.close();
      }
      ledger.close();
      throw e;
    }
    trainer = opened;
    state = restored;
  }

  private SavedState restored(Trainable trained) {
    SavedState restored = new SavedState(run.directory().state(), trained, run.average());
    if (restored.step() > ledger.chargedSteps()) {
      throw new InputException(
          restored.file()
              + ": reflects "
              + Figures.count(restored.step(), "step")
              + ", but the ledger has charged only "
              + ledger.chargedSteps()
              + "; put back the ledger that belongs to it");
    }
    return restored;
  }

  private static double mean(Batch batch, DeviceBuffer losses) {
    double sum = 0;
    for (float loss : losses.downloadFloats(batch.losses())) {
      sum += loss;
    }
    return sum / Math.max(1, batch.targetCount());
  }

  @Override
  public PrivateTrainer rule() {
    return trainer;
  }

  @Override
  public long charged() {
    return ledger.chargedSteps();
  }

  @Override
  public SavedState state() {
    return state;
  }

  @Override
  public void finish(Outcome outcome) {
    state.release();
    run.saveAdapter(AdapterSeal.notes(ledger, account));
    AdapterSeal.seal(ledger, run.directory().path());
  }

  @Override
  public void close() {
    trainer.close();
    ledger.close();
  }
}
