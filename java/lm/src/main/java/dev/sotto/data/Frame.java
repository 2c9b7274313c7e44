package dev.sotto.data;

import dev.sotto.base.InputException;
import dev.sotto.tokenizer.Tokenizer;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The tokens around every text that a model learns from, is measured on or goes on from. It follows
 * from {@link Framing} and the tokenizer alone, never from what a record holds, so that a text is
 * scored as it was learned.
 *
 * @param begin ids before a text, and before each piece of one that is cut; never targets; may be
 *     empty
 * @param end ids behind a text, targets like its own; may be empty
 * @param separator text between a prompt and its completion; empty where none was chosen
 */
public record Frame(int[] begin, int[] end, Optional<String> separator) {
  /** Nothing around a text. */
  public static final Frame NONE = new Frame(new int[0], new int[0]);

  /** Without a separator. */
  public Frame(int[] begin, int[] end) {
    this(begin, end, Optional.empty());
  }

  /**
   * The frame of a model's texts. A beginning that is switched on is what the tokenizer puts before
   * a text by itself, or else the beginning-of-sequence token that it names.
   *
   * @param framing the switches; what is not chosen is as the tokenizer has it: its own beginning,
   *     and its end token where it names one
   * @param tokenizer the model's
   * @throws InputException if a token is asked for that the tokenizer does not name
   */
  public static Frame of(Framing framing, Tokenizer tokenizer) {
    int[] begin = tokenizer.beginIds();
    if (framing.begin().isPresent()) {
      boolean wanted = framing.begin().get();
      if (wanted && begin.length == 0) {
        begin = named(tokenizer.bosId(), "beginning-of-sequence", "begin");
      }
      begin = wanted ? begin : new int[0];
    }
    int[] end = tokenizer.eosId().stream().toArray();
    if (framing.end().isPresent()) {
      end = framing.end().get() ? named(tokenizer.eosId(), "end-of-sequence", "end") : new int[0];
    }
    return new Frame(begin, end, framing.separator());
  }

  private static int[] named(OptionalInt id, String what, String option) {
    if (id.isEmpty()) {
      throw new InputException(
          "the tokenizer has no "
              + what
              + " token; name it in tokenizer_config.json of the model directory, or give --"
              + option
              + " off");
    }
    return new int[] {id.getAsInt()};
  }

  /** Both switches as they are, and the separator. */
  public Framing framing() {
    return Framing.of(begin.length > 0, end.length > 0).withSeparator(separator);
  }
}
