package dev.sotto.data;

import dev.sotto.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** How a record becomes the tokens of one sequence, and which of them are learned. */
@FunctionalInterface
public interface RecordTokens {
  /**
   * Tokens of a record. Private.
   *
   * @param ids token ids, [n], without what begins a text
   * @param learned whether each is a target, [n]
   */
  record Tokens(int[] ids, boolean[] learned) {
    /** Of a record that holds nothing. */
    public static final Tokens NONE = new Tokens(new int[0], new boolean[0]);

    /**
     * Checks the lengths.
     *
     * @throws IllegalArgumentException if they differ
     */
    public Tokens {
      if (ids.length != learned.length) {
        throw new IllegalArgumentException(
            ids.length + " tokens, of which " + learned.length + " are said to be learned or not");
      }
    }

    /** Says nothing of the content, so that no log or message can. */
    @Override
    public String toString() {
      return "Tokens[" + ids.length + "]";
    }
  }

  /**
   * Of one record.
   *
   * @throws dev.sotto.base.InputException if it has none, by its file and line
   */
  Tokens of(TextRecord record);

  /**
   * Texts, and completions of prompts. Prompt and completion are tokenised apart, because at
   * generation the prompt comes alone; the completion and the end are learned.
   *
   * @param end ids behind a text, targets like its own; may be empty
   * @param separator text put behind the prompt, before the completion
   */
  static RecordTokens ofText(Tokenizer tokenizer, int[] end, String separator) {
    return record -> {
      int[] prompt =
          record.prompt() == null ? new int[0] : tokenizer.encode(record.prompt() + separator);
      int[] ids =
          Stream.of(prompt, tokenizer.encode(record.text()), end)
              .flatMapToInt(IntStream::of)
              .toArray();
      boolean[] learned = new boolean[ids.length];
      Arrays.fill(learned, prompt.length, ids.length, true);
      return new Tokens(ids, learned);
    };
  }
}
