package dev.sotto.template;

import java.util.Locale;

/** Python's str.upper, lower, title, capitalize and swapcase: full mappings of Unicode. */
final class Casing {
  private Casing() {}

  static String upper(String text) {
    return text.toUpperCase(Locale.ROOT);
  }

  static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }

  static String capitalize(String text) {
    if (text.isEmpty()) {
      return text;
    }
    int first = text.offsetByCodePoints(0, 1);
    String head = text.substring(0, first);
    // Lowered with what stands before it: a sigma at the end of a word is another letter.
    return titleOf(head) + lower(text).substring(lower(head).length());
  }

  static String title(String text) {
    StringBuilder out = new StringBuilder(text.length());
    int start = 0;
    while (start < text.length()) {
      int point = text.codePointAt(start);
      int end = start + Character.charCount(point);
      if (isCased(point)) {
        while (end < text.length() && isCased(text.codePointAt(end))) {
          end += Character.charCount(text.codePointAt(end));
        }
        out.append(capitalize(text.substring(start, end)));
      } else {
        out.appendCodePoint(point);
      }
      start = end;
    }
    return out.toString();
  }

  static String swapped(String text) {
    StringBuilder out = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            point -> {
              String one = Character.toString(point);
              out.append(
                  Character.isUpperCase(point)
                      ? lower(one)
                      : Character.isLowerCase(point) ? upper(one) : one);
            });
    return out.toString();
  }

  /**
   * Python's casefold, for the alphabets where it is what upper and then lower case give.
   *
   * @throws EvaluationFailure for others
   */
  static String folded(String text) {
    if (text.codePoints().anyMatch(point -> point >= 0x250)) {
      throw EvaluationFailure.unsupported("str.casefold beyond Latin letters");
    }
    return lower(upper(text));
  }

  static boolean isCased(int point) {
    return Character.isUpperCase(point)
        || Character.isLowerCase(point)
        || Character.isTitleCase(point);
  }

  /**
   * Of one character: its own title case, or its upper case with all but a first letter lowered.
   */
  private static String titleOf(String one) {
    int point = one.codePointAt(0);
    int title = Character.toTitleCase(point);
    String upper = upper(one);
    if (title != point || upper.length() == one.length()) {
      return Character.toString(title);
    }
    int first = upper.codePointAt(0);
    String rest = upper.substring(Character.charCount(first));
    return Character.isUpperCase(first) ? Character.toString(first) + lower(rest) : upper;
  }
}
