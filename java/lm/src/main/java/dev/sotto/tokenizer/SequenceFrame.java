package dev.sotto.tokenizer;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * How a model's own tokenizer makes one sequence of a text, or of two, for a model that scores
 * sequences: [CLS] first [SEP], or [CLS] first [SEP] second [SEP] of BERT. Tokens of the first text
 * have type 0; the second text and what ends it have the type that the tokenizer gives it.
 *
 * @param begin before the first text
 * @param end behind the only text
 * @param between from the first text to the second
 * @param betweenTypes their token types, as many
 * @param pairEnd behind the second text
 * @param secondType token type of the second text
 */
public record SequenceFrame(
    int[] begin, int[] end, int[] between, int[] betweenTypes, int[] pairEnd, int secondType) {
  /**
   * A sequence.
   *
   * @param ids token ids
   * @param types token types, as many
   */
  public record Sequence(int[] ids, int[] types) {}

  /**
   * Puts a text, or two, into a sequence. What does not fit is cut off at the end, of two texts
   * from the longer one, of two as long from the second.
   *
   * @param first token ids of the first text
   * @param second of the second, if there are two
   * @param maxLength tokens of the sequence at most
   */
  public Sequence of(int[] first, Optional<int[]> second, int maxLength) {
    int frame = length(second.isPresent());
    int room = Math.max(0, maxLength - frame);
    int longer = first.length;
    int other = second.map(ids -> ids.length).orElse(0);
    int over = longer + other - room;
    if (over > 0) {
      int fromFirst = Math.min(over, Math.max(0, longer - other));
      int fromSecond = Math.min(over, Math.max(0, other - longer));
      int rest = over - fromFirst - fromSecond;
      longer -= fromFirst + rest / 2;
      other -= fromSecond + rest - rest / 2;
    }
    int[] kept = Arrays.copyOf(first, second.isPresent() ? longer : Math.min(first.length, room));
    if (second.isEmpty()) {
      int[] ids = concat(begin, kept, end);
      return new Sequence(ids, new int[ids.length]);
    }
    int[] ids = concat(begin, kept, between, Arrays.copyOf(second.get(), other), pairEnd);
    int[] types = new int[ids.length];
    int at = begin.length + kept.length;
    System.arraycopy(betweenTypes, 0, types, at, between.length);
    Arrays.fill(types, at + between.length, ids.length, secondType);
    return new Sequence(ids, types);
  }

  /** Tokens that the frame itself takes. */
  public int length(boolean pair) {
    return begin.length + (pair ? between.length + pairEnd.length : end.length);
  }

  private static int[] concat(int[]... parts) {
    return Arrays.stream(parts).flatMapToInt(IntStream::of).toArray();
  }
}
