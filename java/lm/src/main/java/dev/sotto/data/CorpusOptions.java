package dev.sotto.data;

import dev.sotto.base.InputException;

/**
 * How records become blocks.
 *
 * @param maxLength tokens in a block at most, the beginning-of-sequence token included; at least 2
 * @param addBos whether every block begins with the beginning-of-sequence token
 * @param addEos whether every record ends with the end-of-sequence token
 * @param separator text put behind the prompt, before the completion
 * @param maxBlocksPerUnit blocks kept of one unit, the first ones; bounds the work a single unit
 *     can cause. At least 1
 */
public record CorpusOptions(
    int maxLength, boolean addBos, boolean addEos, String separator, int maxBlocksPerUnit) {

  /**
   * Checks the values.
   *
   * @throws InputException if one is out of range
   */
  public CorpusOptions {
    if (maxLength < 2) {
      throw new InputException("maximum length is " + maxLength + "; it must be at least 2 tokens");
    }
    if (maxBlocksPerUnit < 1) {
      throw new InputException(
          "maximum blocks per unit is " + maxBlocksPerUnit + "; it must be at least 1");
    }
  }
}
