package dev.sotto.study;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes SVG files a tenth of the size. XChart draws a curve as many lines from point to point, each
 * an element of its own with its style in full: they are joined. Letters of labels are drawn as
 * outlines with a dozen digits a number: two behind the point are enough.
 */
final class SvgLines {
  private static final Pattern LINE =
      Pattern.compile(
          "( *)<line style=\"([^\"]*)\" x1=\"([^\"]*)\" x2=\"([^\"]*)\" y1=\"([^\"]*)\""
              + " y2=\"([^\"]*)\"/>");

  private static final Pattern DIGITS = Pattern.compile("(\\d\\.\\d\\d)\\d+(?![\\dE])");

  private SvgLines() {}

  /** The same picture, to the eye. */
  static String shorter(String svg) {
    return DIGITS.matcher(join(svg)).replaceAll("$1");
  }

  /** Joins each line that begins at the end of the last to it. */
  private static String join(String svg) {
    StringBuilder joined = new StringBuilder();
    String style = null;
    String end = null;
    for (String row : (Iterable<String>) svg.lines()::iterator) {
      Matcher line = LINE.matcher(row);
      boolean matches = line.matches();
      if (matches && line.group(2).equals(style) && point(line, 3).equals(end)) {
        joined.append(' ').append(point(line, 4));
      } else {
        joined.append(style == null ? "" : "\"/>\n");
        if (matches) {
          joined.append(line.group(1)).append("<polyline style=\"").append(line.group(2));
          joined.append("\" points=\"").append(point(line, 3)).append(' ').append(point(line, 4));
        } else {
          joined.append(row).append('\n');
        }
      }
      style = matches ? line.group(2) : null;
      end = matches ? point(line, 4) : null;
    }
    return joined.append(style == null ? "" : "\"/>\n").toString();
  }

  /** One end of a line: x and y are two groups apart. */
  private static String point(Matcher line, int x) {
    return line.group(x) + "," + line.group(x + 2);
  }
}
