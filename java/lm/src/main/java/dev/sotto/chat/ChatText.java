package dev.sotto.chat;

import dev.sotto.template.Rendered;
import java.util.List;

/**
 * A conversation as text. Private where it is.
 *
 * @param text all of it, special tokens included
 * @param learned the stretches that are learned, in order
 */
public record ChatText(String text, List<Rendered.Span> learned) {
  /** Makes the list immutable. */
  public ChatText {
    learned = List.copyOf(learned);
  }

  /** Says nothing of the content, so that no log or message can. */
  @Override
  public String toString() {
    return "ChatText[private]";
  }
}
