package dev.sotto.data;

import java.util.Arrays;

/**
 * One sequence for the model.
 *
 * @param ids token ids, [T], T at least 1
 * @param targets next-token ids, [T]: at position t the id at t + 1, or {@link #NO_TARGET} where
 *     nothing is to be learned (the prompt, the last position)
 */
public record Block(int[] ids, int[] targets) {
  /** Marks a position that has no target; the value PyTorch and HuggingFace use. */
  public static final int NO_TARGET = -100;

  /**
   * Checks the lengths.
   *
   * @throws IllegalArgumentException if they differ or are zero
   */
  public Block {
    if (ids.length == 0 || ids.length != targets.length) {
      throw new IllegalArgumentException(
          "a block of " + ids.length + " ids and " + targets.length + " targets");
    }
  }

  /**
   * Number of positions with a target.
   *
   * @return 0 to T - 1
   */
  public int targetCount() {
    return (int) Arrays.stream(targets).filter(target -> target != NO_TARGET).count();
  }

  /**
   * A block that learns every token from a position on.
   *
   * @param ids token ids, at least one
   * @param firstLearned index in {@code ids} of the first token that is a target; 1 at least, since
   *     the first token has nothing before it
   */
  static Block learningFrom(int[] ids, int firstLearned) {
    int[] targets = new int[ids.length];
    Arrays.fill(targets, NO_TARGET);
    for (int i = Math.max(firstLearned, 1); i < ids.length; i++) {
      targets[i - 1] = ids[i];
    }
    return new Block(ids, targets);
  }

  /** Says nothing of the content, so that no log or message can. */
  @Override
  public String toString() {
    return "Block[" + ids.length + " tokens]";
  }
}
