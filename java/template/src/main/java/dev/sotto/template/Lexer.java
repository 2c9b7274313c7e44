package dev.sotto.template;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cuts a template into tokens as Jinja does with {@code trim_blocks} and {@code lstrip_blocks}, the
 * way in which HuggingFace renders chat templates: the first newline behind a block goes, and so do
 * spaces between the beginning of a line and a block; {@code -} takes all white space on its side,
 * {@code +} keeps it.
 */
final class Lexer {
  /** White space as Python's regular expressions have it. */
  private static final String SPACE =
      "[\\t-\\r\\x1c- \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";

  private static final Pattern BEGIN = Pattern.compile("\\{([{%#])([-+]?)");
  private static final Pattern RAW_BEGIN =
      Pattern.compile(SPACE + "*raw" + SPACE + "*(?:-%}" + SPACE + "*|%})");
  private static final Pattern RAW_END =
      Pattern.compile(
          "\\{%([-+]?)" + SPACE + "*endraw" + SPACE + "*(?:\\+%}|-%}" + SPACE + "*|%}\\n?)");
  private static final Pattern COMMENT_END = end("#");
  private static final Pattern BLOCK_END = end("%");
  private static final Pattern VARIABLE_END = Pattern.compile("-}}" + SPACE + "*|}}");
  private static final Pattern SPACES = Pattern.compile(SPACE + "+");
  private static final Pattern FLOAT =
      Pattern.compile("(?i)(\\d+_)*\\d+((\\.(\\d+_)*\\d+)?e[+-]?(\\d+_)*\\d+|\\.(\\d+_)*\\d+)");
  private static final Pattern INTEGER =
      Pattern.compile("(?i)0b(_?[0-1])+|0o(_?[0-7])+|0x(_?[\\da-f])+|[1-9](_?\\d)*|0(_?0)*");
  private static final Pattern NAME =
      Pattern.compile("[\\p{L}\\p{Nl}_][\\p{L}\\p{N}\\p{Mn}\\p{Mc}\\p{Pc}]*");
  private static final Pattern STRING =
      Pattern.compile(
          "'([^'\\\\]*+(?:\\\\.[^'\\\\]*+)*+)'|\"([^\"\\\\]*+(?:\\\\.[^\"\\\\]*+)*+)\"",
          Pattern.DOTALL);
  private static final Pattern OPERATOR =
      Pattern.compile("//|\\*\\*|==|!=|>=|<=|[-+/*%~\\[\\](){}><=.:|,;]");

  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private int place;
  private int line = 1;

  private Lexer(String source) {
    this.source = source;
  }

  private static Pattern end(String mark) {
    return Pattern.compile("\\+" + mark + "}|-" + mark + "}" + SPACE + "*|" + mark + "}\\n?");
  }

  /**
   * @throws TemplateException if a comment, block, string or bracket is not closed, or a character
   *     has no meaning
   */
  static List<Token> tokens(String template) {
    String source = template.replace("\r\n", "\n").replace('\r', '\n');
    if (source.endsWith("\n")) {
      source = source.substring(0, source.length() - 1);
    }
    return new Lexer(source).all();
  }

  private List<Token> all() {
    Matcher begin = BEGIN.matcher(source);
    while (begin.find(place)) {
      boolean variable = begin.group(1).equals("{");
      String data = source.substring(place, begin.start());
      data(stripped(data, begin.group(2), !variable));
      moveTo(begin.end());
      switch (begin.group(1)) {
        case "{" -> inside(Token.Kind.VARIABLE_BEGIN, Token.Kind.VARIABLE_END, VARIABLE_END);
        case "#" -> skip(COMMENT_END, "comment");
        default -> block();
      }
    }
    data(source.substring(place));
    moveTo(source.length());
    tokens.add(new Token(Token.Kind.END, "", line));
    return tokens;
  }

  private void block() {
    Matcher raw = at(RAW_BEGIN);
    if (!raw.lookingAt()) {
      inside(Token.Kind.BLOCK_BEGIN, Token.Kind.BLOCK_END, BLOCK_END);
      return;
    }
    moveTo(raw.end());
    Matcher end = RAW_END.matcher(source);
    if (!end.find(place)) {
      throw error("Missing end of raw directive");
    }
    data(stripped(source.substring(place, end.start()), end.group(1), true));
    moveTo(end.end());
  }

  private void skip(Pattern until, String what) {
    Matcher end = until.matcher(source);
    if (!end.find(place)) {
      throw error("Missing end of " + what + " tag");
    }
    moveTo(end.end());
  }

  private void data(String text) {
    if (!text.isEmpty()) {
      tokens.add(new Token(Token.Kind.DATA, text, line));
    }
  }

  /** Text before a tag that begins at {@code place + text.length()}. */
  private String stripped(String text, String sign, boolean block) {
    if (sign.equals("-")) {
      return Text.strip(text, null, false, true);
    }
    if (!block || sign.equals("+")) {
      return text;
    }
    int start = text.lastIndexOf('\n') + 1;
    boolean beginsLine = start > 0 || place == 0 || source.charAt(place - 1) == '\n';
    String last = text.substring(start);
    return beginsLine && Text.strip(last, null, true, true).isEmpty()
        ? text.substring(0, start)
        : text;
  }

  private void moveTo(int next) {
    for (int i = place; i < next; i++) {
      if (source.charAt(i) == '\n') {
        line++;
      }
    }
    place = next;
  }

  private Matcher at(Pattern pattern) {
    return pattern.matcher(source).region(place, source.length());
  }

  /** The tokens up to the end of a tag; an end inside of brackets is none. */
  private void inside(Token.Kind begin, Token.Kind end, Pattern endPattern) {
    tokens.add(new Token(begin, "", line));
    Deque<String> open = new ArrayDeque<>();
    while (place < source.length()) {
      Matcher over = at(endPattern);
      if (open.isEmpty() && over.lookingAt()) {
        tokens.add(new Token(end, "", line));
        moveTo(over.end());
        return;
      }
      if (!skipSpaces() && !literal()) {
        operator(open);
      }
    }
    if (!open.isEmpty()) {
      throw error("expected '" + open.peek() + "' before the end of the template");
    }
    // The parser says what was looked for.
  }

  private boolean skipSpaces() {
    Matcher spaces = at(SPACES);
    if (spaces.lookingAt()) {
      moveTo(spaces.end());
      return true;
    }
    return false;
  }

  private boolean literal() {
    boolean afterPoint = place > 0 && source.charAt(place - 1) == '.';
    return !afterPoint && token(FLOAT, Token.Kind.FLOAT)
        || token(INTEGER, Token.Kind.INTEGER)
        || token(NAME, Token.Kind.NAME)
        || string();
  }

  private boolean token(Pattern pattern, Token.Kind kind) {
    Matcher matcher = at(pattern);
    if (!matcher.lookingAt()) {
      return false;
    }
    tokens.add(new Token(kind, matcher.group(), line));
    moveTo(matcher.end());
    return true;
  }

  private boolean string() {
    Matcher matcher = at(STRING);
    if (!matcher.lookingAt()) {
      return false;
    }
    String text = matcher.group(1) == null ? matcher.group(2) : matcher.group(1);
    tokens.add(new Token(Token.Kind.STRING, Escapes.decode(text, line), line));
    moveTo(matcher.end());
    return true;
  }

  private void operator(Deque<String> open) {
    Matcher matcher = at(OPERATOR);
    if (!matcher.lookingAt()) {
      throw error(
          "unexpected char " + Printing.repr(Character.toString(source.codePointAt(place))));
    }
    String operator = matcher.group();
    switch (operator) {
      case "(" -> open.push(")");
      case "[" -> open.push("]");
      case "{" -> open.push("}");
      case ")", "]", "}" -> {
        if (open.isEmpty()) {
          throw error("unexpected '" + operator + "'");
        }
        String expected = open.pop();
        if (!expected.equals(operator)) {
          throw error("unexpected '" + operator + "', expected '" + expected + "'");
        }
      }
      default -> {
        // Neither opens nor closes.
      }
    }
    tokens.add(new Token(Token.Kind.OPERATOR, operator, line));
    moveTo(matcher.end());
  }

  private TemplateException error(String reason) {
    return new TemplateException(TemplateException.Cause.SYNTAX, reason, line);
  }
}
