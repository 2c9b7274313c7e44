package dev.sotto.task;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** How metrics of generated text cut it, each in its published way. */
final class Tokens {
  /** What Python's {@code str.split} parts at: Unicode's blanks and four separators of ASCII. */
  private static final String BLANK = "[\\p{IsWhite_Space}\\x1c-\\x1f]";

  private static final Pattern BLANKS = Pattern.compile(BLANK + "+");
  private static final Pattern TRAILING = Pattern.compile(BLANK + "+$");

  private static final Pattern PUNCTUATION = Pattern.compile("([{-~\\[-` -&(-+:-@/])");
  private static final Pattern MARK_AFTER_NO_DIGIT = Pattern.compile("([^0-9])([.,])");
  private static final Pattern MARK_BEFORE_NO_DIGIT = Pattern.compile("([.,])([^0-9])");
  private static final Pattern DASH_AFTER_DIGIT = Pattern.compile("([0-9])(-)");
  private static final Pattern NO_WORD = Pattern.compile("[^a-z0-9]+");

  private Tokens() {}

  /** Words between blanks. */
  static List<String> words(String text) {
    return BLANKS.splitAsStream(text).filter(word -> !word.isEmpty()).toList();
  }

  /**
   * The tokens of NIST's mteval-v13a.pl as sacreBLEU has them: punctuation stands apart, but points
   * and commas within numbers do not; case is kept.
   */
  static List<String> mteval13a(String text) {
    String line =
        TRAILING
            .matcher(text)
            .replaceAll("")
            .replace("<skipped>", "")
            .replace("-\n", "")
            .replace("\n", " ")
            .replace("&quot;", "\"")
            .replace("&amp;", "&")
            .replace("&lt;", "<")
            .replace("&gt;", ">");
    line = PUNCTUATION.matcher(" " + line + " ").replaceAll(" $1 ");
    line = MARK_AFTER_NO_DIGIT.matcher(line).replaceAll("$1 $2 ");
    line = MARK_BEFORE_NO_DIGIT.matcher(line).replaceAll(" $1 $2");
    line = DASH_AFTER_DIGIT.matcher(line).replaceAll("$1 $2 ");
    return words(line);
  }

  /** The tokens of Google's rouge-score: runs of ASCII letters and digits in lower case. */
  static List<String> rouge(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    return NO_WORD.splitAsStream(lower).filter(word -> !word.isEmpty()).toList();
  }

  /** Characters that are no blanks, as code points. */
  static List<Integer> characters(String text) {
    return BLANKS.matcher(text).replaceAll("").codePoints().boxed().toList();
  }
}
