package dev.sotto.data;

import java.util.List;

/**
 * Records framed for evaluation.
 *
 * @param blocks one a record, in the records' order
 * @param cutOff records whose end did not fit the maximum length; private if the records are
 */
public record Documents(List<Block> blocks, long cutOff) {
  /** Makes the list immutable. */
  public Documents {
    blocks = List.copyOf(blocks);
  }

  /**
   * Records that have no token to predict, because they are empty or their prompt alone fills the
   * maximum length: an evaluation passes over them. Private if the records are.
   *
   * @return 0 to the number of blocks
   */
  public long withoutTargets() {
    return blocks.stream().filter(block -> block.targetCount() == 0).count();
  }

  /** Says nothing of the content, so that no log or message can. */
  @Override
  public String toString() {
    return "Documents[private]";
  }
}
