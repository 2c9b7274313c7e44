package dev.sotto.data;

import java.util.Arrays;
import java.util.OptionalDouble;

/**
 * One sequence for the model: text whose tokens are learned, or text with a label.
 *
 * @param ids token ids, [T], T at least 1
 * @param types token types, [T]; empty where all are 0
 * @param targets next-token ids, [T]: at position t the id at t + 1, or {@link #NO_TARGET} where
 *     nothing is to be learned (the prompt, the last position)
 * @param label what the whole sequence is to be scored as: the number of a class, or a number;
 *     empty where its tokens are learned
 */
public record Block(int[] ids, int[] types, int[] targets, OptionalDouble label) {
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
    if (types.length != 0 && types.length != ids.length) {
      throw new IllegalArgumentException(
          "a block of " + ids.length + " ids and " + types.length + " types");
    }
  }

  /** Text whose tokens are learned. */
  public Block(int[] ids, int[] targets) {
    this(ids, new int[0], targets, OptionalDouble.empty());
  }

  /**
   * A sequence with a label.
   *
   * @param ids token ids, at least one
   * @param types token types, as many, or none
   * @param label the number of a class, or a number
   */
  public static Block labelled(int[] ids, int[] types, double label) {
    int[] targets = new int[ids.length];
    Arrays.fill(targets, NO_TARGET);
    return new Block(ids, types, targets, OptionalDouble.of(label));
  }

  /**
   * Number of things to learn: positions with a target, or the label.
   *
   * @return 0 to T - 1, or 1 with a label
   */
  public int targetCount() {
    return label.isPresent()
        ? 1
        : (int) Arrays.stream(targets).filter(target -> target != NO_TARGET).count();
  }

  /**
   * A block of which some tokens are learned.
   *
   * @param ids token ids, [T], at least one
   * @param learned whether each is a target, [T]; the first never is, since it has nothing before
   *     it
   */
  static Block learning(int[] ids, boolean[] learned) {
    int[] targets = new int[ids.length];
    Arrays.fill(targets, NO_TARGET);
    for (int i = 1; i < ids.length; i++) {
      if (learned[i]) {
        targets[i - 1] = ids[i];
      }
    }
    return new Block(ids, targets);
  }

  /** Says nothing of the content, so that no log or message can. */
  @Override
  public String toString() {
    return "Block[" + ids.length + " tokens]";
  }
}
