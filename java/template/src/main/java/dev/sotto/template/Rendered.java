package dev.sotto.template;

import java.util.List;

/**
 * A rendered text.
 *
 * @param text what the template printed
 * @param generated where {@code {% generation %}} blocks printed, in order
 */
public record Rendered(String text, List<Span> generated) {
  /** Copies the list. */
  public Rendered {
    generated = List.copyOf(generated);
  }

  /**
   * A stretch of the text, in UTF-16 units as {@link String#substring} takes them.
   *
   * @param start of its first character
   * @param end after its last
   */
  public record Span(int start, int end) {}
}
