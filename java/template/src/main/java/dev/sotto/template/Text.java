package dev.sotto.template;

import java.util.ArrayList;
import java.util.List;

/** Texts as Python has them: of code points, where Java's are of UTF-16 units. */
final class Text {
  private Text() {}

  static int length(String text) {
    return text.codePointCount(0, text.length());
  }

  /** Each code point as a text. */
  static List<Object> codePoints(String text) {
    List<Object> all = new ArrayList<>(text.length());
    text.codePoints().forEach(point -> all.add(Character.toString(point)));
    return all;
  }

  /** From one code point up to another, both within the text. */
  static String between(String text, int start, int end) {
    int from = text.offsetByCodePoints(0, start);
    return text.substring(from, text.offsetByCodePoints(from, end - start));
  }

  /** How many code points come before a UTF-16 place; -1 stays. */
  static int pointsBefore(String text, int place) {
    return place < 0 ? place : text.codePointCount(0, place);
  }

  /** Python's str.isspace of one character. */
  static boolean isSpace(int point) {
    return switch (point) {
      case ' ', '\t', '\n', 0x0b, '\f', '\r', 0x1c, 0x1d, 0x1e, 0x1f, 0x85, 0xa0 -> true;
      case 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000 -> true;
      default -> point >= 0x2000 && point <= 0x200a;
    };
  }

  /** Python's str.strip: the sides that are asked for, of white space or of given characters. */
  static String strip(String text, String characters, boolean left, boolean right) {
    int start = 0;
    int end = text.length();
    while (left && start < end) {
      int point = text.codePointAt(start);
      if (!isStripped(point, characters)) {
        break;
      }
      start += Character.charCount(point);
    }
    while (right && end > start) {
      int point = text.codePointBefore(end);
      if (!isStripped(point, characters)) {
        break;
      }
      end -= Character.charCount(point);
    }
    return text.substring(start, end);
  }

  private static boolean isStripped(int point, String characters) {
    return characters == null ? isSpace(point) : characters.indexOf(point) >= 0;
  }

  /** Python's str.isprintable of one character. */
  static boolean isPrintable(int point) {
    return switch (Character.getType(point)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      case Character.SPACE_SEPARATOR -> point == ' ';
      default -> true;
    };
  }

  /** A character as an escape of Python's: \xNN, \\uNNNN or \UNNNNNNNN. */
  static String escape(int point) {
    return point < 0x100
        ? String.format("\\x%02x", point)
        : point < 0x10000 ? String.format("\\u%04x", point) : String.format("\\U%08x", point);
  }
}
