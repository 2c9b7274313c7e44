package dev.sotto.template;

import java.util.ArrayList;
import java.util.List;

/** Python's str.split, rsplit, splitlines, partition and rpartition. */
final class Splitting {
  private final String text;

  Splitting(String text) {
    this.text = text;
  }

  Object split(String name, Arguments arguments) {
    Object[] given = arguments.bind(name, 0, "sep", "maxsplit");
    int most = given[1] == null ? -1 : Types.clampedInt(given[1]);
    List<Object> parts = new ArrayList<>();
    boolean backwards = name.equals("rsplit");
    if (TextMethods.isAbsent(given[0])) {
      words(most < 0 ? Integer.MAX_VALUE : most, backwards, parts);
    } else {
      String separator = TextMethods.string(name, given[0]);
      if (separator.isEmpty()) {
        throw EvaluationFailure.of("empty separator");
      }
      between(separator, most < 0 ? Integer.MAX_VALUE : most, backwards, parts);
    }
    return Types.list(parts);
  }

  private void between(String separator, int most, boolean backwards, List<Object> parts) {
    int start = 0;
    int end = text.length();
    int at;
    if (backwards) {
      while (parts.size() < most
          && (at =
                  end < separator.length()
                      ? -1
                      : text.lastIndexOf(separator, end - separator.length()))
              >= 0) {
        parts.add(0, text.substring(at + separator.length(), end));
        end = at;
      }
      parts.add(0, text.substring(0, end));
      return;
    }
    while (parts.size() < most && (at = text.indexOf(separator, start)) >= 0) {
      parts.add(text.substring(start, at));
      start = at + separator.length();
    }
    parts.add(text.substring(start));
  }

  private void words(int most, boolean backwards, List<Object> parts) {
    String rest = Text.strip(text, null, !backwards, backwards);
    while (!rest.isEmpty()) {
      int end = backwards ? lastSpaceEnd(rest) : firstSpace(rest);
      if (parts.size() == most || (backwards ? end == 0 : end == rest.length())) {
        // What is left keeps its spaces on the side that was not looked at, unless it is the last.
        String last = parts.size() == most ? rest : Text.strip(rest, null, true, true);
        parts.add(backwards ? 0 : parts.size(), last);
        return;
      }
      if (backwards) {
        parts.add(0, rest.substring(end));
        rest = Text.strip(rest.substring(0, end), null, false, true);
      } else {
        parts.add(rest.substring(0, end));
        rest = Text.strip(rest.substring(end), null, true, false);
      }
    }
  }

  private static int firstSpace(String rest) {
    int place = 0;
    while (place < rest.length() && !Text.isSpace(rest.codePointAt(place))) {
      place += Character.charCount(rest.codePointAt(place));
    }
    return place;
  }

  private static int lastSpaceEnd(String rest) {
    int place = rest.length();
    while (place > 0 && !Text.isSpace(rest.codePointBefore(place))) {
      place -= Character.charCount(rest.codePointBefore(place));
    }
    return place;
  }

  Object lines(Arguments arguments) {
    Object keep = arguments.bind("splitlines", 0, "keepends")[0];
    boolean keepEnds = keep != null && Equality.isTrue(keep);
    List<Object> lines = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < text.length(); ) {
      int next = i + 1;
      if (isLineEnd(text.charAt(i))) {
        if (text.charAt(i) == '\r' && next < text.length() && text.charAt(next) == '\n') {
          next++;
        }
        lines.add(text.substring(start, keepEnds ? next : i));
        start = next;
      }
      i = next;
    }
    if (start < text.length()) {
      lines.add(text.substring(start));
    }
    return Types.list(lines);
  }

  private static boolean isLineEnd(char c) {
    return c >= '\n' && c <= '\r'
        || c >= 0x1c && c <= 0x1e
        || c == 0x85
        || c == 0x2028
        || c == 0x2029;
  }

  Object partition(String name, Arguments arguments) {
    String separator = TextMethods.string(name, arguments.bindPositional(name, 1, 1)[0]);
    if (separator.isEmpty()) {
      throw EvaluationFailure.of("empty separator");
    }
    boolean first = name.equals("partition");
    int at = first ? text.indexOf(separator) : text.lastIndexOf(separator);
    List<Object> parts =
        at < 0
            ? first ? List.of(text, "", "") : List.of("", "", text)
            : List.of(text.substring(0, at), separator, text.substring(at + separator.length()));
    return new Sequence.TupleValue(parts);
  }
}
