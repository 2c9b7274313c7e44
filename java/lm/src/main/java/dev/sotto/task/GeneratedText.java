package dev.sotto.task;

import java.util.List;

/**
 * A text that a model wrote, and what people wrote in its place. As private as these are.
 *
 * @param text the model's
 * @param references people's, at least one; any of them would do
 */
public record GeneratedText(String text, List<String> references) {
  /**
   * Makes the list immutable.
   *
   * @throws IllegalArgumentException if there is no reference
   */
  public GeneratedText {
    references = List.copyOf(references);
    if (references.isEmpty()) {
      throw new IllegalArgumentException("a generated text without reference");
    }
  }

  /** Says nothing of the content, so that no log or message can. */
  @Override
  public String toString() {
    return "GeneratedText[private]";
  }
}
