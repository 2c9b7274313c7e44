package dev.sotto.data;

import dev.sotto.base.InputException;

/**
 * How records become blocks.
 *
 * @param maxLength tokens in a block at most, what it begins with included; at least 2
 * @param frame what every block begins with, and every record ends with
 * @param separator text put behind the prompt, before the completion
 * @param maxBlocksPerUnit blocks kept of one unit, the first ones; bounds the work a single unit
 *     can cause. At least 1
 */
public record CorpusOptions(int maxLength, Frame frame, String separator, int maxBlocksPerUnit) {

  /**
   * Checks the values.
   *
   * @throws InputException if one is out of range
   */
  public CorpusOptions {
    if (maxLength < 2) {
      throw new InputException("maximum length is " + maxLength + "; it must be at least 2 tokens");
    }
    if (maxLength <= frame.begin().length) {
      throw new InputException(
          "maximum length is "
              + maxLength
              + "; a text of this model begins with "
              + frame.begin().length
              + " tokens, and needs room for more");
    }
    if (maxBlocksPerUnit < 1) {
      throw new InputException(
          "maximum blocks per unit is " + maxBlocksPerUnit + "; it must be at least 1");
    }
  }
}
