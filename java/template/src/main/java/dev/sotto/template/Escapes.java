package dev.sotto.template;

/** The escapes of string literals: Jinja reads them with Python's codec {@code unicode-escape}. */
final class Escapes {
  private Escapes() {}

  /**
   * @throws TemplateException if an escape is cut off
   */
  static String decode(String literal, int line) {
    if (literal.indexOf('\\') < 0) {
      return literal;
    }
    String ascii = ascii(literal);
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < ascii.length(); ) {
      char c = ascii.charAt(i++);
      if (c != '\\') {
        out.append(c);
        continue;
      }
      if (i == ascii.length()) {
        throw error("\\ at end of string", line);
      }
      char escape = ascii.charAt(i++);
      int digits =
          switch (escape) {
            case 'x' -> 2;
            case 'u' -> 4;
            case 'U' -> 8;
            default -> 0;
          };
      if (digits > 0) {
        out.appendCodePoint(hex(ascii, i, digits, line));
        i += digits;
      } else if (escape >= '0' && escape <= '7') {
        int end = i;
        while (end < ascii.length() && end < i + 2 && isOctal(ascii.charAt(end))) {
          end++;
        }
        out.appendCodePoint(Integer.parseInt(ascii.substring(i - 1, end), 8));
        i = end;
      } else {
        out.append(simple(escape, line));
      }
    }
    return out.toString();
  }

  /** All but ASCII as escapes, as Jinja encodes it before it decodes. */
  private static String ascii(String literal) {
    StringBuilder ascii = new StringBuilder();
    literal
        .codePoints()
        .forEach(
            point -> ascii.append(point < 0x80 ? Character.toString(point) : Text.escape(point)));
    return ascii.toString();
  }

  private static boolean isOctal(char c) {
    return c >= '0' && c <= '7';
  }

  private static int hex(String text, int start, int digits, int line) {
    if (start + digits > text.length()
        || !text.substring(start, start + digits).matches("[0-9a-fA-F]+")) {
      throw error("a truncated escape in a string", line);
    }
    long point = Long.parseLong(text.substring(start, start + digits), 16);
    if (point > Character.MAX_CODE_POINT) {
      throw error("an escape beyond Unicode in a string", line);
    }
    return (int) point;
  }

  private static String simple(char escape, int line) {
    return switch (escape) {
      case '\n' -> "";
      case '\\', '\'', '"' -> String.valueOf(escape);
      case 'a' -> "\u0007";
      case 'b' -> "\b";
      case 'f' -> "\f";
      case 'n' -> "\n";
      case 'r' -> "\r";
      case 't' -> "\t";
      case 'v' -> "\u000b";
      case 'N' -> throw error("\\N{...} in a string is not supported", line);
      default -> "\\" + escape;
    };
  }

  private static TemplateException error(String reason, int line) {
    return new TemplateException(TemplateException.Cause.SYNTAX, reason, line);
  }
}
