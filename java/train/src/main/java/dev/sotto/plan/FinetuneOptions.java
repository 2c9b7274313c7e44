package dev.sotto.plan;

import dev.sotto.base.InputException;
import dev.sotto.model.LoraOptions;
import dev.sotto.model.Precision;
import java.nio.file.Path;

/**
 * Everything {@link FinetuneRun} needs to know.
 *
 * @param model HuggingFace model directory
 * @param adapter PEFT adapter to go on from, or null for a fresh one
 * @param output directory for adapter, ledger, report and checkpoint
 * @param data what to train on
 * @param lora what to adapt; ignored with {@code adapter}
 * @param privacy the guarantee; null trains without privacy
 * @param control who chooses clip norms and noise during the run; null keeps both fixed
 * @param budgetBook the budget of the data set that the run is charged to; null for none
 * @param training how to train
 * @param backend backend name
 * @param threads worker threads, 0 for all
 * @param precision of the frozen matrices, or null for the backend's default
 * @param seed of the adapter's initial values; public
 * @param testSeed seed of sampling and noise for tests, or null for the operating system's entropy.
 *     A seeded run protects nothing
 * @param resume whether to go on with the run in {@code output}
 * @param unsafeDiagnostics whether to print exact training losses, which are private
 */
public record FinetuneOptions(
    Path model,
    Path adapter,
    Path output,
    DataOptions data,
    LoraOptions lora,
    PrivacyOptions privacy,
    ControlOptions control,
    Path budgetBook,
    TrainingOptions training,
    String backend,
    int threads,
    Precision precision,
    long seed,
    Long testSeed,
    boolean resume,
    boolean unsafeDiagnostics) {
  /** Checks that there is something to control, and to charge. */
  public FinetuneOptions {
    if (budgetBook != null && privacy == null) {
      throw new InputException(
          "a run without privacy has nothing to charge to a budget book; leave it out");
    }
    if (control != null && (privacy == null || privacy.noise().law() != null)) {
      throw new InputException(
          "a controller chooses clip norms and Gaussian noise: leave out --controller "
              + control.controller()
              + ", or train with privacy and --mechanism gaussian");
    }
  }

  /** Whether the run has a guarantee to keep. */
  public boolean isPrivate() {
    return privacy != null;
  }
}
