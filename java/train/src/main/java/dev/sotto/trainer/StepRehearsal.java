package dev.sotto.trainer;

import dev.sotto.clip.ClippedGradSum;
import dev.sotto.clip.Clipping;
import dev.sotto.clip.MicroBatch;
import dev.sotto.clip.UnitClip;
import dev.sotto.compute.Backend;
import dev.sotto.gradient.PerSampleGradients;
import dev.sotto.model.Batch;
import dev.sotto.model.LoraAdapters;
import dev.sotto.model.PassCapacity;
import dev.sotto.model.TrainingPass;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * How long the gradients of a step take, tried on made-up sequences of the longest length. No
 * record is looked at, nothing is drawn and no weight changes.
 */
public final class StepRehearsal {
  private static final int LEAST_REPEATS = 2;

  private StepRehearsal() {}

  /**
   * Lays out a micro-batch as a run does, computes it once to warm up, and then some more against
   * the clock.
   *
   * @param pass made for training with {@code lora}
   * @param lora what is trained
   * @param clipping of the run; empty for a run without privacy
   * @param least how long to go on at least
   * @return seconds for one sequence of the maximum length, in a full micro-batch
   */
  public static double secondsAUnit(
      TrainingPass pass, LoraAdapters lora, Optional<Clipping> clipping, Duration least) {
    int capacity = pass.capacity().units();
    if (clipping.isEmpty()) {
      try (PerSampleGradients gradient = new PerSampleGradients(lora.backend(), lora.layout(), 1)) {
        return secondsASequence(
            pass,
            lora.backend(),
            least,
            true,
            batch -> {
              gradient.begin(1);
              pass.forwardBackward(batch, gradient).downloadFloats(batch.losses());
            });
      }
    }
    try (ClippedGradSum sum =
            new ClippedGradSum(lora.backend(), lora.layout(), capacity, clipping.get());
        UnitClip clip = UnitClip.of(sum, capacity)) {
      return secondsASequence(
          pass,
          lora.backend(),
          least,
          false,
          batch -> {
            try (MicroBatch micro = clip.open(batch.units())) {
              // What comes back is waited for.
              pass.forwardBackward(batch, micro).downloadFloats(batch.losses());
            }
          });
    }
  }

  private static double secondsASequence(
      TrainingPass pass, Backend backend, Duration least, boolean oneUnit, Consumer<Batch> once) {
    PassCapacity capacity = pass.capacity();
    int length = capacity.maxLength();
    int sequences = Math.min(capacity.rows() / length, capacity.units());
    Batch batch = new Batch(capacity.rows(), capacity.sequences(), capacity.units());
    for (int i = 0; i < sequences; i++) {
      batch.add(pass.madeUp(length), 1f / length);
      if (!oneUnit || i == sequences - 1) {
        batch.endUnit();
      }
    }
    backend.rehearse(() -> once.accept(batch));
    once.accept(batch);
    long start = System.nanoTime();
    long taken = 0;
    int repeats = 0;
    while (repeats < LEAST_REPEATS || taken < least.toNanos()) {
      once.accept(batch);
      taken = System.nanoTime() - start;
      repeats++;
    }
    return 1e-9 * taken / repeats / sequences;
  }
}
