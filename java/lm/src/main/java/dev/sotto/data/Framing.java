package dev.sotto.data;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.base.JsonFields;
import java.util.Optional;

/**
 * The two switches of a {@link Frame}, each chosen or left to the tokenizer, and what stands
 * between a prompt and its completion. They are saved beside the adapter that was trained with
 * them, as {@code {"begin" : true, "end" : true}}, and of completions {@code "separator" : "\n"}
 * with them.
 *
 * @param begin whether the beginning token stands before a text; empty for what the tokenizer does
 * @param end whether the end token stands behind a text; empty for whether the tokenizer names one
 * @param separator text behind a prompt, before its completion; empty where none was chosen, or
 *     texts have no prompt
 */
public record Framing(Optional<Boolean> begin, Optional<Boolean> end, Optional<String> separator) {
  private static final String SEPARATOR = "separator";

  /** All is left to the tokenizer. */
  public static final Framing OF_THE_TOKENIZER =
      new Framing(Optional.empty(), Optional.empty(), Optional.empty());

  /** Both switches chosen, of texts without a prompt. */
  public static Framing of(boolean begin, boolean end) {
    return new Framing(Optional.of(begin), Optional.of(end), Optional.empty());
  }

  /** The same, where what is not chosen is as in another. */
  public Framing or(Framing other) {
    return new Framing(begin.or(other::begin), end.or(other::end), separator.or(other::separator));
  }

  /** The same with a separator, or without one. */
  public Framing withSeparator(Optional<String> other) {
    return new Framing(begin, end, other);
  }

  /** Reads what {@link #into} wrote. */
  public static Framing of(JsonFields frame) {
    Framing framing =
        of(frame.flag("begin"), frame.flag("end"))
            .withSeparator(Optional.ofNullable(frame.textOr(SEPARATOR, null)));
    frame.refuseUnknown();
    return framing;
  }

  /**
   * Writes both switches, and the separator of completions.
   *
   * @throws java.util.NoSuchElementException if one is not chosen
   */
  public void into(ObjectNode frame) {
    frame.put("begin", begin.orElseThrow()).put("end", end.orElseThrow());
    separator.ifPresent(text -> frame.put(SEPARATOR, text));
  }
}
