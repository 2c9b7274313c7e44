package dev.sotto.plan;

import dev.sotto.mechanism.NoiseKey;
import dev.sotto.trainer.Outcome;
import dev.sotto.trainer.StepRule;

/**
 * The steps of a run of one kind, what they are charged to, and what they leave behind. The account
 * decides, once, which kind it is.
 */
sealed interface RunSteps extends AutoCloseable permits PublicSteps, PrivateSteps, ControlledSteps {
  /**
   * Opens the run's ledger where it has one, takes the memory of a step, and goes back to the last
   * saved state.
   *
   * @param stages what the steps change
   * @param key the run's randomness
   * @param charge what private steps are charged to
   */
  static RunSteps open(
      PreparedRun run, Stages stages, NoiseKey key, Charge charge, FinetuneProgress progress) {
    if (!(run.account() instanceof Account.Private account)) {
      return new PublicSteps(run, stages, key);
    }
    PrivateSteps steps = new PrivateSteps(run, account, stages, key, charge, progress);
    if (account.noise().control().isEmpty()) {
      return steps;
    }
    try {
      return new ControlledSteps(run, (Account.Proven) account, stages, steps, progress);
    } catch (RuntimeException e) {
      steps.close();
      throw e;
    }
  }

  /** Makes each step. */
  StepRule rule();

  /** Steps charged so far; without privacy, steps made. */
  long charged();

  /** What a resume goes on from. */
  SavedState state();

  /** The last step that the saved state reflects; 0 when there is none yet. */
  default long saved() {
    return state().step();
  }

  /** Saves what a resume after {@code step} needs. */
  default void save(long step) {
    state().save(step);
  }

  /** Writes the adapter, and closes the ledger over it. */
  void finish(Outcome outcome);

  @Override
  void close();
}
