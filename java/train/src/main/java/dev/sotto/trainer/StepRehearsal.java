package dev.sotto.trainer;

import dev.sotto.clip.ClippedGradSum;
import dev.sotto.clip.Clipping;
import dev.sotto.clip.UnitClip;
import dev.sotto.model.Batch;
import dev.sotto.model.LoraAdapters;
import dev.sotto.model.TransformerPass;

/**
 * How long the gradients of a step take, tried on made-up sequences of the longest length. No
 * record is looked at, nothing is drawn and no weight changes.
 */
public final class StepRehearsal {
  private static final int REPEATS = 2;

  private StepRehearsal() {}

  /**
   * Computes a micro-batch once to warm up, and then some more against the clock.
   *
   * @param pass planned for training with {@code lora}
   * @param lora what is trained
   * @param clipping of the run, or any for a run without
   * @return seconds for one sequence of the maximum length, in a full micro-batch
   */
  public static double secondsAUnit(TransformerPass pass, LoraAdapters lora, Clipping clipping) {
    int length = pass.plan().maxLength();
    int units = Math.min(pass.plan().rows() / length, pass.plan().units());
    Batch batch = new Batch(pass.plan().rows(), pass.plan().sequences(), pass.plan().units());
    for (int u = 0; u < units; u++) {
      batch.add(new int[length], new int[length], 1f / length);
      batch.endUnit();
    }
    try (ClippedGradSum sum =
            new ClippedGradSum(lora.backend(), lora.layout(), pass.plan().units(), clipping);
        UnitClip clip = UnitClip.of(sum, pass.plan().units())) {
      sum.reset(clipping);
      once(pass, clip, batch);
      long start = System.nanoTime();
      for (int i = 0; i < REPEATS; i++) {
        once(pass, clip, batch);
      }
      return 1e-9 * (System.nanoTime() - start) / REPEATS / units;
    }
  }

  private static void once(TransformerPass pass, UnitClip clip, Batch batch) {
    clip.begin(batch.units(), false, true);
    // What comes back is waited for.
    pass.forwardBackward(batch, clip).downloadFloats(batch.rows());
    clip.finish();
  }
}
