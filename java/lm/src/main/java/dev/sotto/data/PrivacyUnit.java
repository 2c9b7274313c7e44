package dev.sotto.data;

import java.util.List;

/**
 * All blocks of one privacy unit: what Poisson sampling draws or leaves, and what is clipped as one
 * gradient.
 *
 * @param blocks the unit's sequences; may be empty if nothing in it can be learned, and the unit is
 *     then still drawn and contributes zero
 */
public record PrivacyUnit(List<Block> blocks) {
  /** Makes the list immutable. */
  public PrivacyUnit {
    blocks = List.copyOf(blocks);
  }

  /**
   * Tokens of all blocks.
   *
   * @return the sum of the block lengths
   */
  public int rows() {
    return blocks.stream().mapToInt(block -> block.ids().length).sum();
  }

  /**
   * Targets of all blocks.
   *
   * @return 0 when there is nothing to learn
   */
  public int targetCount() {
    return blocks.stream().mapToInt(Block::targetCount).sum();
  }
}
