package dev.sotto.data;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.base.JsonFields;
import java.util.Optional;

/**
 * The two switches of a {@link Frame}, each chosen or left to the tokenizer. They are saved beside
 * the adapter that was trained with them, as {@code {"begin" : true, "end" : true}}.
 *
 * @param begin whether the beginning token stands before a text; empty for what the tokenizer does
 * @param end whether the end token stands behind a text; empty for whether the tokenizer names one
 */
public record Framing(Optional<Boolean> begin, Optional<Boolean> end) {
  /** All is left to the tokenizer. */
  public static final Framing OF_THE_TOKENIZER = new Framing(Optional.empty(), Optional.empty());

  /** Both switches chosen. */
  public static Framing of(boolean begin, boolean end) {
    return new Framing(Optional.of(begin), Optional.of(end));
  }

  /** The same, where what is not chosen is as in another. */
  public Framing or(Framing other) {
    return new Framing(begin.or(other::begin), end.or(other::end));
  }

  /** Reads what {@link #into} wrote. */
  public static Framing of(JsonFields frame) {
    Framing framing = of(frame.flag("begin"), frame.flag("end"));
    frame.refuseUnknown();
    return framing;
  }

  /**
   * Writes both switches.
   *
   * @throws java.util.NoSuchElementException if one is not chosen
   */
  public void into(ObjectNode frame) {
    frame.put("begin", begin.orElseThrow()).put("end", end.orElseThrow());
  }
}
